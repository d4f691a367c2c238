// SPDX-License-Identifier: LGPL-2.1-or-later
// Whole processes with the built plugin: those that exit in mid download, those that have libsoup
// 2.4 loaded, and two that share a cache.
#include "command.h"
#include "kit/random.h"
#include "served_album.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>
#include <memory>
#include <regex>
#include <sstream>

using namespace triad;
using namespace triad::test;

BOOST_AUTO_TEST_SUITE(processes)

namespace {

void check_ended_well(const Ended& ended) {
  BOOST_TEST_INFO(ended.output);
  BOOST_REQUIRE(ended.in_time); // others would wait as long
  BOOST_TEST_INFO(ended.output);
  BOOST_TEST(ended.signal == 0);
  BOOST_TEST_INFO(ended.output);
  BOOST_TEST(ended.code == 0);
}

} // namespace

BOOST_AUTO_TEST_CASE(two_hundred_exit_in_mid_download) {
  constexpr std::size_t at_a_time = 4;
  ServedAlbum album(60);
  Behaviour slow;
  slow.rate = 4 << 20; // bytes per second; it would be over too soon
  album.server.behave_all(slow);
  kit::Random random(1);
  struct Running {
    OwnCache cache; // each its own
    std::unique_ptr<Command> command;
    std::string what;
  };
  std::deque<std::unique_ptr<Running>> running;
  const auto finish_oldest = [&running] {
    BOOST_TEST_CONTEXT(running.front()->what)
    check_ended_well(running.front()->command->wait(std::chrono::seconds(30)));
    running.pop_front();
  };
  for (int i = 0; i < 200; ++i) {
    if (running.size() == at_a_time)
      finish_oldest();
    const Format format = all_formats[random.below(all_formats.size())];
    // A buffer is up to 16 KiB, and the smallest track half a megabyte.
    const std::string buffers = std::to_string(random.below(30));
    constexpr std::array hows{"main", "exit", "streaming", "deinit"};
    const std::string how = hows[random.below(hows.size())];
    auto next = std::make_unique<Running>();
    next->what = std::to_string(i) + ": " + format_name(format) + " " + buffers + " " + how;
    next->command = std::make_unique<Command>(
        std::vector<std::string>{TRIAD_EXITING_PLAYER, album.triad_uri(format), buffers, how},
        plugin_environment());
    running.push_back(std::move(next));
  }
  while (!running.empty())
    finish_oldest();
  BOOST_REQUIRE(album.server.wait_until_quiet());
  const HttpServer::Log log = album.server.log();
  BOOST_TEST(std::ranges::count_if(log, &LoggedRequest::aborted) >= 100); // it was in mid download
}

BOOST_AUTO_TEST_CASE(a_player_with_libsoup_plays) {
  ServedAlbum album(12);
  for (const char* bin : {"playbin", "playbin3"}) {
    const OwnCache cache;
    BOOST_TEST_CONTEXT(bin)
    check_ended_well(run(
        {TRIAD_SOUP_PLAYER, bin, album.triad_uri(Format::ogg_vorbis), album.http_uri(Format::mp3)},
        plugin_environment()));
  }
}

BOOST_AUTO_TEST_CASE(the_leaks_tracer_has_nothing_to_say) {
  ServedAlbum album(12);
  auto environment = plugin_environment();
  environment.insert(environment.end(), {"GST_TRACERS=leaks", "GST_DEBUG=GST_TRACER:7"});
  const OwnCache cache; // cold, then complete
  for (const char* source : {"triadsrc location=", "uridecodebin uri="})
    for (const Format format : {Format::mp3, Format::mp3, Format::flac}) {
      std::vector<std::string> argv{"gst-launch-1.0"};
      std::istringstream words(source + album.triad_uri(format) + " ! fakesink");
      for (std::string word; words >> word;)
        argv.push_back(word);
      const Ended ended = run(argv, environment);
      check_ended_well(ended);
      BOOST_TEST(ended.output.find("object-alive") != std::string::npos); // the tracer is there
      const std::regex leak("object-alive, type-name=\\(string\\)[A-Za-z].*");
      std::smatch found;
      const bool leaked = std::regex_search(ended.output, found, leak);
      BOOST_TEST(!leaked, found.str());
    }
}

BOOST_AUTO_TEST_CASE(two_on_one_cache_ask_at_most_twice) {
  ServedAlbum album(60);
  const OwnCache cache;
  for (const Format format : {Format::ogg_vorbis, Format::flac}) {
    const std::vector<std::string> argv{"gst-launch-1.0", "triadsrc",
                                        "location=" + album.triad_uri(format), "!", "fakesink"};
    Command first(argv, plugin_environment());
    Command second(argv, plugin_environment());
    check_ended_well(first.wait());
    check_ended_well(second.wait());
    BOOST_REQUIRE(album.server.wait_until_quiet());
    std::uint64_t sent = 0;
    for (const LoggedRequest& request : album.server.log())
      sent += request.path == album.server_path(format) ? request.body_bytes : 0;
    BOOST_TEST(sent >= std::filesystem::file_size(album.file(format)));
    BOOST_TEST(sent <= 2 * std::filesystem::file_size(album.file(format)));
  }
}

BOOST_AUTO_TEST_SUITE_END()
