// SPDX-License-Identifier: LGPL-2.1-or-later
// The tracker's settings: command line before environment before file, and what is wrong where.
#include "tracker/server/load_settings.h"

#include "kit/temporary_folder.h"
#include "tracker/server/options.h"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

using namespace triad;
using namespace triad::tracker;

namespace {

using Words = std::vector<std::string>;

const std::string release = "0123456789abcdef0123456789abcdef01234567";

struct SettingsFixture {
  std::string file(const std::string& text) const {
    const std::filesystem::path path = folder.path() / "tracker.conf";
    std::ofstream(path) << text;
    return path;
  }
  [[nodiscard]] SettingsLoader loader() const {
    return SettingsLoader([this](const std::string& name) -> std::optional<std::string> {
      const auto found = environment.find(name);
      return found == environment.end() ? std::nullopt : std::optional(found->second);
    });
  }
  [[nodiscard]] Settings load(const Words& words = {}) const {
    SettingsLoader all = loader();
    BOOST_REQUIRE(!all.parse(words));
    const auto settings = all.load();
    BOOST_REQUIRE_MESSAGE(settings, (settings ? "" : settings.error().message));
    return *settings;
  }
  void fails(const Words& words, const std::string& part) const {
    SettingsLoader all = loader();
    BOOST_REQUIRE(!all.parse(words));
    const auto settings = all.load();
    BOOST_REQUIRE(!settings);
    BOOST_TEST(settings.error().message.find(part) != std::string::npos,
               settings.error().message << " lacks " << part);
  }

  kit::TemporaryFolder folder;
  std::map<std::string, std::string> environment;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(tracker_settings, SettingsFixture)

BOOST_AUTO_TEST_CASE(defaults) {
  const Settings settings = load();
  const Settings expected;
  BOOST_TEST(settings.listen == "0.0.0.0:8000");
  BOOST_TEST(settings.swarms.peer_share == 100u);
  BOOST_TEST(settings.limits.connections == expected.limits.connections);
  BOOST_TEST(settings.store.empty());
}

// What --help says in brackets at an option's end is what holds without it.
BOOST_AUTO_TEST_CASE(help_tells_the_defaults) {
  for (const Option& option : options()) {
    const std::string help = option.help;
    if (!help.ends_with(')')) {
      continue;
    }
    const std::size_t from = help.rfind('(') + 1;
    Settings settings;
    BOOST_REQUIRE(option.set(settings, help.substr(from, help.size() - 1 - from)));
    const Settings defaults;
    BOOST_TEST(settings.listen == defaults.listen, option.name);
    BOOST_TEST(settings.trusted_proxies == defaults.trusted_proxies, option.name);
    const Limits& limits = settings.limits;
    const Limits& usual = defaults.limits;
    BOOST_TEST(limits.connections == usual.connections, option.name);
    BOOST_TEST(limits.connections_per_address == usual.connections_per_address, option.name);
    BOOST_TEST(limits.messages_per_second == usual.messages_per_second, option.name);
    BOOST_TEST(limits.swarms_per_address == usual.swarms_per_address, option.name);
    BOOST_TEST(limits.message_bytes == usual.message_bytes, option.name);
    BOOST_TEST(limits.queued_bytes == usual.queued_bytes, option.name);
    BOOST_TEST(limits.waiting_bytes == usual.waiting_bytes, option.name);
    BOOST_TEST(limits.idle_seconds == usual.idle_seconds, option.name);
    const SwarmsSettings& swarms = settings.swarms;
    BOOST_TEST((swarms.interval == defaults.swarms.interval), option.name);
    BOOST_TEST((swarms.peer_lifetime == defaults.swarms.peer_lifetime), option.name);
    BOOST_TEST(swarms.swarms == defaults.swarms.swarms, option.name);
    BOOST_TEST(swarms.swarms_per_connection == defaults.swarms.swarms_per_connection, option.name);
    BOOST_TEST(swarms.request.offers == defaults.swarms.request.offers, option.name);
    BOOST_TEST(swarms.request.sdp == defaults.swarms.request.sdp, option.name);
    BOOST_TEST(swarms.request.info_hashes == defaults.swarms.request.info_hashes, option.name);
  }
}

BOOST_AUTO_TEST_CASE(the_manual_knows_every_option) {
  std::ifstream file(TRIAD_TRACKER_SOURCE "/triad-tracker.1");
  const std::string manual{std::istreambuf_iterator<char>(file), {}};
  for (const Option& option : options()) {
    std::string name = "\\-\\-";
    for (const char* c = option.name; *c; ++c) {
      name += *c == '-' ? "\\-" : std::string(1, *c);
    }
    BOOST_TEST(manual.find(name + " \" " + option.value) != std::string::npos, option.name);
  }
}

BOOST_AUTO_TEST_CASE(the_installed_file_can_be_read) {
  std::ifstream file(TRIAD_TRACKER_SOURCE "/tracker.conf");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Settings settings;
  BOOST_TEST(static_cast<bool>(read_settings_file(text, settings)));
  // What it shows as comments is right, too.
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    shown += (line.size() > 1 && line[0] == '#' && line[1] != ' ' ? line.substr(1) : line) + '\n';
    at = end + 1;
  }
  BOOST_TEST(static_cast<bool>(read_settings_file(shown, settings)), shown);
  BOOST_TEST(settings.trusted_proxies == 1u);
  BOOST_TEST(settings.swarms.peer_shares.size() == 1u);
}

BOOST_AUTO_TEST_CASE(command_line_before_environment_before_file) {
  const std::string config = file("[tracker]\npeer-share=1\ninterval=61\nmax-offers=3\n");
  environment = {{"TRIAD_TRACKER_PEER_SHARE", "2"}, {"TRIAD_TRACKER_INTERVAL", "62"}};
  const Settings settings = load({"--config", config, "--peer-share", "3"});
  BOOST_TEST(settings.swarms.peer_share == 3u);
  BOOST_TEST(settings.swarms.interval.count() == 62);
  BOOST_TEST(settings.swarms.request.offers == 3u);
}

BOOST_AUTO_TEST_CASE(the_environment_may_name_the_file) {
  environment = {{"TRIAD_TRACKER_CONFIG", file("[tracker]\nlisten=[::1]:0\n")}};
  BOOST_TEST(load().listen == "[::1]:0");
}

BOOST_AUTO_TEST_CASE(every_load_reads_the_file_again) {
  SettingsLoader all = loader();
  BOOST_REQUIRE(!all.parse({"--config", file("[tracker]\npeer-share=80\n")}));
  BOOST_TEST(all.load()->swarms.peer_share == 80u);
  file("[tracker]\npeer-share=20\n[peer-share]\n" + release + "=5\n");
  const auto again = all.load();
  BOOST_REQUIRE(again);
  BOOST_TEST(again->swarms.peer_share == 20u);
  BOOST_REQUIRE(again->swarms.peer_shares.size() == 1u);
  BOOST_TEST(again->swarms.peer_shares.begin()->first.bytes[1] == 0x23);
  BOOST_TEST(again->swarms.peer_shares.begin()->second == 5u);
  file("[tracker]\npeer-share=200\n");
  BOOST_TEST(!all.load());
}

// Each option alone takes a value that it says it takes, from each place.
BOOST_AUTO_TEST_CASE(every_option_everywhere) {
  std::set<std::string> names;
  for (const Option& option : options()) {
    const std::string name = option.name;
    BOOST_TEST(names.insert(name).second, name);
    const std::string value = option.value == std::string("ADDR:PORT")  ? "127.0.0.1:1"
                              : option.value == std::string("URL")      ? "redis://127.0.0.1:1"
                              : option.value == std::string("FILE")     ? "/some/file"
                              : option.value == std::string("HOST")     ? "tracker.example.org"
                              : name == "interval" || name == "max-sdp" ? "1000"
                              : name == "trusted-proxies"               ? "10"
                              : name == "max-message"                   ? "1024"
                              : name == "max-queue"                     ? "16384"
                              : name == "max-waiting"                   ? "1048576"
                              : name == "peer-lifetime"                 ? "400"
                                                                        : "99";
    Settings settings;
    BOOST_TEST(static_cast<bool>(option.set(settings, value)), name << "=" << value);
    BOOST_TEST(static_cast<bool>(read_settings_file("[tracker]\n" + name + '=' + value, settings)),
               name);
    BOOST_TEST(!loader().parse({"--" + name, value}), name);
  }
}

BOOST_AUTO_TEST_CASE(errors_name_the_place_and_the_range) {
  environment = {{"TRIAD_TRACKER_PEER_SHARE", "101"}};
  fails({}, "TRIAD_TRACKER_PEER_SHARE is wrong: \"101\" is no number from 0 to 100");
  environment.clear();
  const auto in_file = [&](const std::string& text, const std::string& part) {
    const std::string config = file(text);
    fails({"--config", config}, config + ": " + part);
  };
  in_file("[tracker]\ninterval=1\n", "key interval is wrong: \"1\" is no number from 5 to 3600");
  in_file("[tracker]\nlisten=localhost\n", "key listen is wrong");
  in_file("[tracker]\nstore=mysql://\n", "key store is wrong");
  in_file("[tracker]\nstore=rediss://h\n", "key store is wrong: TLS to Redis is not spoken");
  for (const std::string host : {"stun.example.org:3478", "a b", "a/b", "[name]", "b\xfc"}) {
    environment = {{"TRIAD_TRACKER_PUBLIC_HOST", host}};
    fails({}, "PUBLIC_HOST is wrong");
  }
  for (const std::string host : {"stun.example.org", "192.0.2.1", "2001:db8::1", "[2001:db8::1]"}) {
    environment = {{"TRIAD_TRACKER_PUBLIC_HOST", host}};
    BOOST_TEST(load().public_host == host);
  }
  environment.clear();
  in_file("[tracker]\npeershare=1\n", "key peershare is wrong: there is no such option");
  in_file("[tracker]\nconfig=/other\n", "key config is wrong");
  in_file("[trackers]\n", "there is no group [trackers]");
  in_file("listen=127.0.0.1:0\n", "");
  in_file("[peer-share]\nabc=5\n", "key abc is wrong: \"abc\" is no info hash");
  in_file("[peer-share]\n" + release + "=101\n", "key " + release + " is wrong: \"101\"");
  fails({"--config", folder.path() / "missing"}, "missing");
}

BOOST_AUTO_TEST_CASE(numbers_that_are_none) {
  for (const std::string text :
       {"", " 5", "5 ", "-1", "+1", "0x10", "5.0", "99999999999999999999", "101", "5%"}) {
    Settings settings;
    BOOST_TEST(!set_peer_share(settings, release, text), text);
    BOOST_TEST(settings.swarms.peer_shares.empty());
  }
}

BOOST_AUTO_TEST_CASE(what_belongs_together) {
  fails({"--tls-cert", "a.pem"}, "tls-cert and tls-key");
  fails({"--interval", "300"}, "peer-lifetime (300) must be longer than interval (300)");
  environment = {{"TRIAD_TRACKER_TLS_KEY", "key.pem"}};
  BOOST_TEST(load({"--tls-cert", "a.pem"}).tls_key == "key.pem");
}

BOOST_AUTO_TEST_CASE(what_waits_for_a_restart) {
  const Settings started = load({"--listen", "127.0.0.1:1"});
  BOOST_TEST(waiting_for_restart(started, started).empty());
  Settings loaded = load({"--listen", "127.0.0.1:1", "--interval", "60", "--peer-share", "1"});
  BOOST_TEST(waiting_for_restart(started, loaded).empty());
  loaded = load(
      {"--listen", "127.0.0.1:2", "--store", "redis://h", "--tls-cert", "a", "--tls-key", "b"});
  const Words all = {"listen", "store", "tls-cert and tls-key"};
  BOOST_TEST(waiting_for_restart(started, loaded) == all, boost::test_tools::per_element());
  Settings renewed = loaded;
  renewed.tls_certificate = "c";
  BOOST_TEST(waiting_for_restart(loaded, renewed).empty());
}

BOOST_AUTO_TEST_CASE(wrong_usage_ends_at_once) {
  for (const Words& words : {Words{"--peer-share", "101"}, Words{"--nonsense"}, Words{"--listen"},
                             Words{"word"}, Words{"--listen", ""}}) {
    BOOST_TEST((loader().parse(words) == 2));
  }
}

BOOST_AUTO_TEST_SUITE_END()
