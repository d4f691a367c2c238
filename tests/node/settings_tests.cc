// SPDX-License-Identifier: LGPL-2.1-or-later
// Property before environment before file; bad values name their key.
#include "node/settings.h"

#include "kit/temporary_folder.h"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <map>

using namespace triad;

namespace {

struct SettingsFixture {
  void file(const std::string& text) { std::ofstream(folder.path() / "triad.conf") << text; }
  Result<Settings> resolve(const OpenOptions& options = {}) {
    const SettingsOrigin origin{folder.path() / "triad.conf",
                                [this](const char* name) -> std::optional<std::string> {
                                  const auto found = environment.find(name);
                                  if (found == environment.end())
                                    return std::nullopt;
                                  return found->second;
                                },
                                "/default"};
    return resolve_settings(options, origin);
  }

  kit::TemporaryFolder folder;
  std::map<std::string, std::string> environment;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(settings, SettingsFixture)

BOOST_AUTO_TEST_CASE(defaults_without_a_file) {
  const auto settings = resolve();
  BOOST_REQUIRE(settings);
  BOOST_TEST(settings->cache_dir == "/default");
  BOOST_TEST(!settings->cache_size);
  BOOST_TEST(uses(settings->sources, Sources::server));
  BOOST_TEST(uses(settings->sources, Sources::cache));
}

BOOST_AUTO_TEST_CASE(property_before_environment_before_file) {
  file("[triad]\nsources=cache\ncache-dir=/from/file\ncache-size=1M\n");
  auto settings = resolve();
  BOOST_REQUIRE(settings);
  BOOST_TEST(settings->cache_dir == "/from/file");
  BOOST_TEST(*settings->cache_size == 1u << 20);
  BOOST_TEST(!uses(settings->sources, Sources::server));

  environment = {{"TRIAD_SOURCES", "server"},
                 {"TRIAD_CACHE_DIR", "/from/environment"},
                 {"TRIAD_CACHE_SIZE", "2K"}};
  settings = resolve();
  BOOST_REQUIRE(settings);
  BOOST_TEST(settings->cache_dir == "/from/environment");
  BOOST_TEST(*settings->cache_size == 2048u);
  BOOST_TEST(!uses(settings->sources, Sources::cache));

  OpenOptions options;
  options.cache_dir = "/from/property";
  options.cache_size = 5;
  options.sources = Sources::all;
  settings = resolve(options);
  BOOST_REQUIRE(settings);
  BOOST_TEST(settings->cache_dir == "/from/property");
  BOOST_TEST(*settings->cache_size == 5u);
  BOOST_TEST(uses(settings->sources, Sources::cache));
}

BOOST_AUTO_TEST_CASE(bad_values_name_their_key) {
  const auto fails_with = [&](const std::string& part) {
    const auto settings = resolve();
    BOOST_REQUIRE(!settings);
    BOOST_TEST((settings.error().code == ErrorCode::settings));
    BOOST_TEST(settings.error().message.find(part) != std::string::npos,
               settings.error().message << " lacks " << part);
  };
  file("[triad]\nsources=cache,peas\n");
  fails_with("key sources in " + (folder.path() / "triad.conf").string());
  file("[triad]\ncache-size=big\n");
  fails_with("key cache-size");
  file("[triad]\ncache-size=99999999999G\n");
  fails_with("key cache-size");
  file("[triad]\ncache-dir=here\n");
  fails_with("key cache-dir");
  file("sources=cache\n");
  fails_with("triad.conf");
  file("");
  environment = {{"TRIAD_CACHE_SIZE", "-1"}};
  fails_with("TRIAD_CACHE_SIZE");
  environment = {{"TRIAD_SOURCES", ","}};
  fails_with("TRIAD_SOURCES");
}

BOOST_AUTO_TEST_CASE(a_property_hides_a_bad_value) {
  file("[triad]\nsources=peas\n");
  OpenOptions options;
  options.sources = Sources::cache;
  BOOST_TEST(static_cast<bool>(resolve(options)));
  options.sources = Sources::none;
  BOOST_TEST(!resolve(options));
}

BOOST_AUTO_TEST_CASE(what_is_said_about_peers) {
  auto settings = resolve();
  BOOST_REQUIRE(settings);
  BOOST_TEST((settings->company == CompanySettings()));
  file("[triad]\nstun-server=stun://stun.example:3479\ntrackers=wss://a.example/, ws://b:80/x\n"
       "max-peers=9\nupload-rate=2K\nupload-quota=1G\nice-transport-policy=relay\n"
       "turn-server=turn://me:pa%3Ass@[2001:db8::1]?transport=tcp\n");
  settings = resolve();
  BOOST_REQUIRE(settings);
  const CompanySettings& company = settings->company;
  BOOST_TEST((company.ice.stun == std::vector<StunServer>{{"stun.example", 3479}}));
  BOOST_REQUIRE(company.ice.turn.size() == 1u);
  BOOST_TEST((company.ice.turn[0] ==
              TurnServer{"2001:db8::1", 3478, "me", "pa:ss", TurnServer::Transport::tcp}));
  BOOST_TEST(company.ice.relay_only);
  BOOST_TEST((company.trackers == std::vector<std::string>{"wss://a.example/", "ws://b:80/x"}));
  BOOST_TEST(company.max_peers == 9u);
  BOOST_TEST(company.upload.rate == 2048);
  BOOST_TEST(company.upload_quota == 1u << 30);

  environment = {{"TRIAD_UPLOAD_RATE", "-1"}, {"TRIAD_TRACKERS", "wss://c.example/"}};
  OpenOptions options;
  options.node.max_peers = 3;
  settings = resolve(options);
  BOOST_REQUIRE(settings);
  BOOST_TEST(settings->company.upload.rate == -1);
  BOOST_TEST(settings->company.trackers.front() == "wss://c.example/");
  BOOST_TEST(settings->company.max_peers == 50u); // the property is the node's to apply
  BOOST_TEST(*settings->named.max_peers == 3u);
}

BOOST_AUTO_TEST_CASE(bad_values_about_peers_name_their_key) {
  const std::pair<const char*, const char*> wrong[] = {
      {"TRIAD_STUN_SERVER", "stun.example:3478"},
      {"TRIAD_STUN_SERVER", "stun://"},
      {"TRIAD_STUN_SERVER", "stun://h:0"},
      {"TRIAD_STUN_SERVER", "stun://h:65536"},
      {"TRIAD_STUN_SERVER", "stun://[::1"},
      {"TRIAD_TURN_SERVER", "turn://host:3478"},
      {"TRIAD_TURN_SERVER", "turn://user@host"},
      {"TRIAD_TURN_SERVER", "turn://u:p@host?x=y"},
      {"TRIAD_TURN_SERVER", "turn://u:p@h?transport=tls"},
      {"TRIAD_TURN_SERVER", "turns://u:p@h"},
      {"TRIAD_ICE_TRANSPORT_POLICY", "none"},
      {"TRIAD_TRACKERS", "http://t.example/"},
      {"TRIAD_TRACKERS", "wss://"},
      {"TRIAD_MAX_PEERS", "0"},
      {"TRIAD_MAX_PEERS", "many"},
      {"TRIAD_UPLOAD_RATE", "-2"},
      {"TRIAD_UPLOAD_QUOTA", "-1"},
  };
  for (const auto& [name, value] : wrong) {
    environment = {{name, value}};
    const auto settings = resolve();
    BOOST_TEST_CONTEXT(name << "=" << value) {
      BOOST_REQUIRE(!settings);
      BOOST_TEST(settings.error().message.find(name) != std::string::npos);
    }
  }
  // A property hides it, and may be wrong itself.
  environment = {{"TRIAD_MAX_PEERS", "many"}};
  OpenOptions options;
  options.node.max_peers = 3;
  BOOST_TEST(static_cast<bool>(resolve(options)));
  options.node.max_peers = 0;
  BOOST_TEST(!resolve(options));
}

BOOST_AUTO_TEST_CASE(a_password_is_in_no_error) {
  environment = {{"TRIAD_TURN_SERVER", "turn://me:secret@host:0"}};
  const auto settings = resolve();
  BOOST_REQUIRE(!settings);
  BOOST_TEST(settings.error().message.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
