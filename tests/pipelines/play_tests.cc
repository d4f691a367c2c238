// SPDX-License-Identifier: LGPL-2.1-or-later
// triad play: whole releases from a server and from the cache, failures, keys and signals.
#include "fixture.h"
#include "kit/media.h"
#include "report.h"

#include <boost/test/unit_test.hpp>

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <optional>

using triad::test::Home;
using triad::test::parse_report;
using triad::test::release_of;
using triad::test::ReportedTrack;
using triad::test::Serving;
using triad::test::Words;

namespace {

namespace media = triad::test;

// `triad` on a terminal of its own; ended at the end, whatever happens.
class OnTerminal {
public:
  OnTerminal(const Home& home, const Words& words) {
    std::vector<std::string> arguments = {TRIAD_TOOL};
    arguments.insert(arguments.end(), words.begin(), words.end());
    std::vector<char*> argv;
    for (std::string& argument : arguments) {
      argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
    pid_ = forkpty(&terminal_, nullptr, nullptr, nullptr);
    BOOST_REQUIRE_GE(pid_, 0);
    if (pid_ == 0) {
      setenv("XDG_CACHE_HOME", (home / "cache").c_str(), 1);
      setenv("XDG_CONFIG_HOME", (home / "config").c_str(), 1);
      execv(argv[0], argv.data());
      _exit(127);
    }
  }
  ~OnTerminal() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(terminal_);
  }
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;

  // Reads on until `text` was shown since the last wait; false: the program ended before.
  bool wait_for(const std::string& text) {
    for (;;) {
      const std::size_t found = shown_.find(text, seen_);
      if (found != std::string::npos) {
        seen_ = found + text.size();
        return true;
      }
      if (!read_on()) {
        return false;
      }
    }
  }
  void type(const std::string& keys) {
    BOOST_REQUIRE_EQUAL(write(terminal_, keys.data(), keys.size()),
                        static_cast<ssize_t>(keys.size()));
  }
  void signal(int number) { kill(pid_, number); }
  // The exit code; -1: by a signal.
  int wait() {
    while (read_on()) {
    }
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::vector<ReportedTrack> report() const {
    const std::size_t begin = shown_.rfind("{\"tracks\"");
    BOOST_REQUIRE_NE(begin, std::string::npos);
    return parse_report(shown_.substr(begin));
  }

private:
  bool read_on() {
    std::array<char, 4096> part{};
    const ssize_t got = read(terminal_, part.data(), part.size());
    shown_.append(part.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return got > 0;
  }

  pid_t pid_ = -1;
  int terminal_ = -1;
  std::string shown_;
  std::size_t seen_ = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(play)

BOOST_AUTO_TEST_CASE(a_release_from_the_server_and_again_from_the_cache) {
  const Home home;
  std::filesystem::create_directory(home / "Album");
  const Words names = media::make_album(home / "Album", 3);
  std::string release;
  for (const bool cached : {false, true}) {
    std::optional<Serving> serving;
    if (!cached) {
      serving.emplace(home, Words{"Album"});
      release = release_of(serving->uris().at(0));
    }
    const auto run = triad::test::triad(home, {"play", "--fast", "--json", release});
    BOOST_TEST(run.code == 0, run.err);
    const auto tracks = parse_report(run.out);
    BOOST_REQUIRE_EQUAL(tracks.size(), names.size());
    for (std::size_t at = 0; at < names.size(); ++at) {
      const ReportedTrack& track = tracks[at];
      const auto size = std::filesystem::file_size(home / ("Album/" + names[at]));
      BOOST_TEST_CONTEXT(names[at] << (cached ? " from the cache" : " from the server")) {
        BOOST_TEST(track.error == "null");
        BOOST_TEST(track.start_ms >= 0);
        BOOST_TEST(std::abs(track.duration_ms - 3000) < 200);
        BOOST_TEST(track.stalls == 0);
        BOOST_TEST(track.peers == 0u);
        // A demuxer may leave out a part that it needs not.
        BOOST_TEST(track.cache + track.server > size * 9 / 10);
        if (cached) {
          BOOST_TEST(track.server == 0u);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_fails_is_told_and_passed_over) {
  const Home home;
  std::filesystem::create_directory(home / "Album");
  media::make_album(home / "Album", 1);
  Serving serving(home, {"Album"});
  const std::string& good = serving.uris().at(0);
  const std::string release = release_of(good);
  const auto run = triad::test::triad(home, {"play", "--fast", "--json", release + "/none.ogg",
                                             good, (home / "missing.ogg").string(),
                                             release + "x.torrent", serving.uris().at(1)});
  BOOST_TEST(run.code == 1);
  const auto tracks = parse_report(run.out);
  BOOST_REQUIRE_EQUAL(tracks.size(), 5u);
  for (const std::size_t at : {0u, 2u, 3u}) {
    BOOST_TEST(tracks[at].error != "null", at);
    BOOST_TEST(tracks[at].start_ms == -1);
    BOOST_TEST(run.err.find(tracks[at].uri + ": ") != std::string::npos, run.err);
  }
  for (const std::size_t at : {1u, 4u}) {
    BOOST_TEST(tracks[at].error == "null", tracks[at].error);
    BOOST_TEST(tracks[at].start_ms >= 0);
  }
}

BOOST_AUTO_TEST_CASE(memory_only_and_a_cache_elsewhere) {
  const Home home;
  std::filesystem::create_directory(home / "Album");
  media::make_album(home / "Album", 1);
  Serving serving(home, {"Album"});
  const std::string& uri = serving.uris().at(0);
  const Words base = {"play", "--fast", "--quiet", uri, "--cache-dir", "other"};
  Words memory = base;
  memory.insert(memory.end(), {"--sources", "server"});
  const auto unkept = triad::test::triad(home, memory);
  BOOST_TEST(unkept.code == 0, unkept.err);
  BOOST_TEST(unkept.out == ""); // quiet
  const Words list = {"cache", "list", "--cache-dir", "other"};
  BOOST_TEST(triad::test::triad(home, list).out == "");
  BOOST_TEST(triad::test::triad(home, base).code == 0);
  const auto kept = triad::test::triad(home, list);
  BOOST_TEST(kept.out.find(uri) != std::string::npos, kept.out);
  BOOST_TEST(triad::test::triad(home, {"cache", "list"}).out == "");
  // What is pinned survives a clear; what is not does not.
  const auto cache = [&](const Words& words) {
    Words command = {"cache", "--cache-dir", "other"};
    command.insert(command.end(), words.begin(), words.end());
    const auto run = triad::test::triad(home, command);
    BOOST_TEST(run.code == 0, run.err);
    return run.out;
  };
  BOOST_TEST(cache({"pin", uri}) == "1 tracks pinned\n");
  cache({"clear", "--json"}); // what was fetched ahead of the next track goes
  BOOST_TEST(cache({"verify"}).find(" 0 were bad") != std::string::npos);
  const std::string left = cache({"list"});
  BOOST_TEST(left.find("pinned  " + uri) != std::string::npos, left);
  BOOST_TEST(std::count(left.begin(), left.end(), '\n') == 1, left);
  BOOST_TEST(cache({"unpin", release_of(uri)}) == "1 tracks unpinned\n");
  BOOST_TEST(cache({"trim", "0"}).find("0 bytes") != 0u);
  BOOST_TEST(cache({"list"}) == "");
}

BOOST_AUTO_TEST_CASE(in_real_time_without_a_gap) {
  const Home home;
  const Words words = {"play", "--no-audio", "--json",
                       media::media_file(media::Format::ogg_vorbis, 2, 1).string(),
                       media::media_file(media::Format::flac, 2, 2).string()};
  const gint64 begin = g_get_monotonic_time();
  const auto run = triad::test::triad(home, words);
  BOOST_TEST(g_get_monotonic_time() - begin > 3'500'000); // not faster than it sounds
  BOOST_TEST(run.code == 0, run.err);
  const auto tracks = parse_report(run.out);
  BOOST_REQUIRE_EQUAL(tracks.size(), 2u);
  BOOST_TEST(tracks[0].start_ms > 0);
  BOOST_TEST(std::abs(tracks[1].duration_ms - 2000) < 100);
}

BOOST_AUTO_TEST_CASE(the_live_line_and_the_keys) {
  const Home home;
  const std::string track = media::media_file(media::Format::flac, 60, 1).string();
  OnTerminal tool(home, {"play", "--no-audio", "--json", track, track, track});
  BOOST_TEST(tool.wait_for("1/3 0:00/1:00"));
  tool.type("\033[C"); // 10 s on
  BOOST_TEST(tool.wait_for("1/3 0:1"));
  tool.type(" ");
  BOOST_TEST(tool.wait_for("paused 1/3"));
  tool.type(" n");
  BOOST_TEST(tool.wait_for("\r2/3 0:0"));
  tool.type("q");
  BOOST_TEST(tool.wait() == 0);
  BOOST_TEST(tool.report().size() == 2u); // the third's turn did not come
}

BOOST_AUTO_TEST_CASE(an_interrupt_ends_with_the_report) {
  const Home home;
  const std::string track = media::media_file(media::Format::flac, 60, 1).string();
  OnTerminal tool(home, {"play", "--no-audio", "--json", track});
  BOOST_TEST(tool.wait_for("1/1 0:0"));
  tool.signal(SIGINT);
  BOOST_TEST(tool.wait() == 0);
  BOOST_REQUIRE_EQUAL(tool.report().size(), 1u);
  BOOST_TEST(tool.report()[0].error == "null");
}

BOOST_AUTO_TEST_SUITE_END()
