// SPDX-License-Identifier: LGPL-2.1-or-later
// triad node: what it gives, what it says of itself, and how it is told to look again and to end.
#include "fixture.h"
#include "kit/media.h"
#include "tracker/server/tracker.h"
#include "triad/node_status.h"

#include <boost/test/unit_test.hpp>

#include <csignal>

using namespace triad;
using triad::test::Home;
using triad::test::slurp;
using triad::test::start;
using triad::test::ToolRun;
using triad::test::Words;

namespace {

// `triad node WORDS...` while it lives; returns when it is ready.
class Giving {
public:
  Giving(const Home& home, const Words& words) {
    Words command = {TRIAD_TOOL, "node"};
    command.insert(command.end(), words.begin(), words.end());
    process_ = start(home, command,
                     static_cast<GSubprocessFlags>(G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                                                   G_SUBPROCESS_FLAGS_STDERR_PIPE));
    out_ = g_data_input_stream_new(g_subprocess_get_stdout_pipe(process_));
    err_ = g_data_input_stream_new(g_subprocess_get_stderr_pipe(process_));
    BOOST_REQUIRE_EQUAL(line(out_), "ready");
  }
  ~Giving() {
    stop(SIGKILL);
    g_object_unref(out_);
    g_object_unref(err_);
    g_object_unref(process_);
  }
  Giving(const Giving&) = delete;
  Giving& operator=(const Giving&) = delete;

  void reload() { g_subprocess_send_signal(process_, SIGHUP); }
  // The next line that people are told.
  std::string told() { return line(err_); }
  int stop(int signal) {
    g_subprocess_send_signal(process_, signal);
    g_subprocess_wait(process_, nullptr, nullptr);
    return g_subprocess_get_if_exited(process_) ? g_subprocess_get_exit_status(process_) : -1;
  }

private:
  static std::string line(GDataInputStream* stream) {
    char* text = g_data_input_stream_read_line(stream, nullptr, nullptr, nullptr);
    std::string copy = text ? text : "";
    g_free(text);
    return copy;
  }

  GSubprocess* process_;
  GDataInputStream *out_, *err_;
};

struct Fixture {
  Home home;
  std::unique_ptr<tracker::Tracker> tracker = start_tracker();
  const std::string library = (home / "Music").string();
  const std::string status = (home / "status.json").string();

  static std::unique_ptr<tracker::Tracker> start_tracker() {
    tracker::Settings settings;
    settings.listen = "127.0.0.1:0";
    auto started = tracker::Tracker::start(settings);
    BOOST_REQUIRE(started);
    return std::move(*started);
  }

  void publish(const std::string& name) const {
    home.write("Music/" + name + "/01 a.ogg", std::string(40'000, name.front()));
    const ToolRun run =
        test::triad(home, {"publish", (home / ("Music/" + name)).string(), "--server",
                           "http://127.0.0.1:1/", "--tracker", tracker->url()});
    BOOST_REQUIRE_EQUAL(run.code, 0);
  }
  [[nodiscard]] Words words() const {
    return {"--cache-dir", (home / "cache").string(), "--library", library, "--status", status};
  }
  [[nodiscard]] bool says(const std::string& text) const {
    return slurp(status).find(text) != std::string::npos;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(node, Fixture)

BOOST_AUTO_TEST_CASE(gives_a_library_looks_again_and_ends) {
  publish("Album");
  Giving node(home, words());
  BOOST_TEST(says("\"name\":\"Album\",\"library\":\"" + library + "\",\"pieces\":3,\"had\":3"));
  BOOST_TEST(!says("Other"));
  publish("Other");
  node.reload();
  BOOST_TEST(node.told() == "triad: the libraries and the cache were read again");
  BOOST_TEST(says("\"name\":\"Album\""));
  BOOST_TEST(says("\"name\":\"Other\""));
  std::filesystem::remove(home / "Music/Album.torrent");
  node.reload();
  BOOST_TEST(node.told() == "triad: the libraries and the cache were read again");
  BOOST_TEST(!says("\"name\":\"Album\""));
  BOOST_TEST(node.stop(SIGTERM) == 0);
}

BOOST_AUTO_TEST_CASE(gives_what_another_process_stores_while_it_runs) {
  std::filesystem::create_directory(home / "Album");
  test::make_album(home / "Album", 3);
  const test::Serving serving(home, {"Album", "--tracker-listen", "127.0.0.1:0"});
  const auto play = [&](const std::string& cache, const std::string& sources,
                        const std::string& uri) {
    return test::triad(home, {"play", "--fast", "--quiet", "--cache-dir", (home / cache).string(),
                              "--sources", sources, uri});
  };
  BOOST_REQUIRE_EQUAL(play("shared", "cache,server", serving.uris().at(0)).code, 0);
  Giving node(home, {"--cache-dir", (home / "shared").string()});
  BOOST_REQUIRE_EQUAL(play("shared", "cache,server", serving.uris().at(1)).code, 0);
  // With its tracker, and alone: nobody but the node is asked.
  const auto metainfo =
      home.write("alone/Album.torrent", test::ask(serving.port(), "GET", "/Album.torrent").body);
  const auto& second = serving.uris().at(1);
  const ToolRun heard =
      play("listener", "cache,peers",
           "triad+file://" + metainfo.string() + second.substr(second.rfind('/')));
  BOOST_TEST(heard.code == 0, heard.err);
}

BOOST_AUTO_TEST_CASE(a_library_that_went_changes_nothing) {
  publish("Album");
  Giving node(home, words());
  std::filesystem::rename(library, home / "Elsewhere");
  node.reload();
  BOOST_TEST(node.told().find("There is no folder " + library) != std::string::npos);
  std::filesystem::rename(home / "Elsewhere", library);
  node.reload();
  BOOST_TEST(node.told() == "triad: the libraries and the cache were read again");
  BOOST_TEST(says("\"name\":\"Album\""));
}

BOOST_AUTO_TEST_CASE(a_release_without_a_tracker_is_named) {
  home.write("Music/Alone/01 a.ogg", std::string(40'000, 'x'));
  BOOST_REQUIRE_EQUAL(test::triad(home, {"publish", (home / "Music/Alone").string(), "--server",
                                         "http://127.0.0.1:1/"})
                          .code,
                      0);
  Giving node(home, words());
  BOOST_TEST(node.told().find("\"Alone\" names no tracker") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_it_can_not_do_it_says) {
  home.write("Music/x", "");
  const auto run = [this](Words more) {
    Words all = {"node", "--cache-dir", (home / "cache").string()};
    all.insert(all.end(), more.begin(), more.end());
    return test::triad(home, all);
  };
  ToolRun refused = run({"--library", (home / "nowhere").string()});
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(refused.err.find("There is no folder") != std::string::npos);
  for (const Words& wrong :
       {Words{"--upload-rate", "fast"}, Words{"--stun", "example.org"},
        Words{"--turn", "stun://example.org"}, Words{"--upload-quota", "-5"},
        Words{"--cache-size", "much"}, Words{"--tracker", "what"}, Words{"folder"}}) {
    refused = run(wrong);
    BOOST_TEST_CONTEXT(wrong.front()) {
      BOOST_TEST(refused.code == 2);
      BOOST_TEST(refused.err.find(wrong.back()) != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(status_is_json_with_every_peer) {
  Seeder::Facts facts;
  facts.company.links = 2;
  facts.company.sent = 5'000'000'000;
  facts.company.upload_rate = 128'000;
  Seeder::ReleaseFacts release;
  release.id = "00ff";
  release.name = "A \"B\"\n";
  release.pieces = 10;
  release.had = 9;
  Swarm::PeerFacts peer;
  peer.id = "0123";
  peer.client = "WebTorrent";
  peer.link.local_type = "host";
  peer.link.remote_type = "relay";
  peer.link.round_trip = std::chrono::microseconds(12'500);
  peer.received = 1;
  peer.sent = 2;
  release.peers = {peer};
  facts.releases = {release};
  BOOST_TEST(
      tool::status_as_json(facts, 61.04) ==
      "{\"uptime\":61,\"links\":2,\"connecting\":0,\"trackers\":0,\"received\":0,"
      "\"sent\":5000000000,\"upload_rate\":128000,\"banned\":0,\"releases\":[{\"id\":\"00ff\","
      "\"name\":\"A \\\"B\\\"\\u000a\",\"library\":null,\"pieces\":10,\"had\":9,\"peers\":[{"
      "\"id\":\"0123\",\"client\":\"WebTorrent\",\"local\":\"host\",\"remote\":\"relay\","
      "\"round_trip_ms\":12.5,\"received\":1,\"sent\":2}]}]}\n");
}

BOOST_AUTO_TEST_CASE(a_status_file_is_replaced_whole_or_not_at_all) {
  BOOST_TEST(bool(tool::write_status(status, "{}\n")));
  BOOST_TEST(slurp(status) == "{}\n");
  BOOST_TEST(!bool(tool::write_status(home / "no folder/status.json", "{}\n")));
}

BOOST_AUTO_TEST_SUITE_END()
