// SPDX-License-Identifier: LGPL-2.1-or-later
// What readers share and what they don't: settings, lingering, prefetch, a changed release.
#include "node/album_fixture.h"

#include "node/range_set.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <thread>

using namespace triad;
using namespace triad::test;
using namespace std::chrono_literals;

namespace {

std::size_t entries_of(const char* folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    count += entry.path().empty() ? 0 : 1;
  return count;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(sharing, AlbumFixture)

BOOST_AUTO_TEST_CASE(readers_with_other_http_settings_share_bytes_but_no_requests) {
  publish_file("song.mp3", 400'000);
  auto one = options();
  one.http.user_agent = "one";
  auto two = options();
  two.http.user_agent = "two";
  const auto first = open(one);
  BOOST_TEST((read_all(*first) == content("")));
  server.wait_until_quiet();
  server.clear_log();
  const auto second = open(two); // metainfo and bytes are in the cache
  BOOST_TEST((read_all(*second) == content("")));
  BOOST_TEST(sent_for("song.mp3") == 0u);

  publish_file("other.mp3", 400'000);
  server.clear_log();
  one.uri = two.uri = uri();
  const auto third = open(one);
  BOOST_TEST(read_all(*third, 0, 10'000).size() == 10'000u);
  const auto fourth = open(two);
  BOOST_TEST((read_all(*fourth) == content("")));
  BOOST_TEST((read_all(*third) == content("")));
  std::map<unsigned, std::string> agent_of;
  for (const auto& request : server.log()) {
    const std::string agent = request.headers.at("user-agent");
    const auto [at, first_use] = agent_of.emplace(request.connection, agent);
    BOOST_TEST(at->second == agent); // no connection serves both
  }
}

BOOST_AUTO_TEST_CASE(a_track_opened_again_does_not_fetch_again) {
  publish_album(2, 300'000);
  // By the readers' counts: what is asked for and given up at a close may be on its way already.
  std::uint64_t received = 0, wasted = 0;
  const auto count = [&](const Reader& reader) {
    received += reader.stats().server_received;
    wasted += reader.stats().bytes_wasted;
  };
  for (int round = 0; round < 3; ++round) {
    const auto reader = open("1.mp3");
    BOOST_TEST((read_all(*reader, 0, 100'000).size() == 100'000u));
    count(*reader);
  }
  const auto last = open("1.mp3");
  BOOST_TEST((read_all(*last) == content("1.mp3")));
  server.wait_until_quiet();
  count(*last);
  BOOST_TEST(received <= 300'000u);
  BOOST_TEST(wasted == 0u);
  const auto log = server.log();
  BOOST_TEST(std::count_if(log.begin(), log.end(), [](const LoggedRequest& request) {
               return request.path == "/Album.torrent" && request.range == "bytes=0-12287";
             }) == 1);
}

BOOST_AUTO_TEST_CASE(the_next_track_begins_to_come_when_this_one_is_near_its_end) {
  kit::ReleaseSpec album;
  album.files["1.mp3"] = kit::random_content(1, 400'000);
  album.files["2.mp3"] = kit::random_content(2, 400'000);
  album.durations = {{"1.mp3", 10s}, {"2.mp3", 10s}};
  publish(album);
  listener->play();
  const auto reader = open("1.mp3");
  BOOST_TEST((read_all(*reader) == content("1.mp3")));
  BOOST_TEST(server.wait([&](const HttpServer::Log& log) {
    return std::any_of(log.begin(), log.end(),
                       [](const LoggedRequest& each) { return each.path == "/Album/2.mp3"; });
  }));
  BOOST_TEST(server.wait_until_quiet());
  BOOST_TEST(sent_for("2.mp3") >= 64u * 1024);
  BOOST_TEST(sent_for("2.mp3") < 400'000u); // its beginning, not all of it
}

BOOST_AUTO_TEST_CASE(a_next_uri_of_another_release_is_prefetched) {
  publish_file("next.mp3", 400'000);
  const std::string next = uri();
  const auto next_spec = spec;
  publish_file("song.mp3", 400'000);
  auto with_next = options();
  with_next.next_uri = next;
  listener->play();
  const auto reader = open(with_next);
  BOOST_TEST((read_all(*reader) == content("")));
  BOOST_TEST(server.wait([&](const HttpServer::Log& log) {
    return std::any_of(log.begin(), log.end(),
                       [](const LoggedRequest& each) { return each.path == "/next.mp3"; });
  }));
}

BOOST_AUTO_TEST_CASE(a_changed_release_applies_to_the_next_open) {
  publish_file("song.mp3", 100'000);
  BOOST_TEST((read_all(*open()) == content("")));
  const kit::Content old = content("");
  kit::ReleaseSpec changed = spec;
  changed.files["song.mp3"] = kit::random_content(77, 120'000);
  publish(changed);
  // Another setting makes another opening, which starts from the cached metainfo.
  auto other = options();
  other.http.user_agent = "other";
  server.clear_log();
  const auto reader = open(other);
  BOOST_TEST((read_all(*reader) == old));
  BOOST_REQUIRE(server.wait([](const HttpServer::Log& log) {
    return std::any_of(log.begin(), log.end(), [](const LoggedRequest& each) {
      return each.path == "/song.mp3.torrent" && each.status == 200 && each.finished;
    });
  }));
  // The answer was sent; the engine still has to read it.
  const auto guard = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < guard) {
    const auto next = open(other);
    if (next->length() != 100'000u) {
      BOOST_TEST((read_all(*next) == content("")));
      return;
    }
    BOOST_REQUIRE(load_release(other)); // lets the engine go round once
  }
  BOOST_TEST(false, "the changed release was never opened");
}

BOOST_AUTO_TEST_CASE(an_unchanged_release_is_not_sent_again) {
  publish_file("song.mp3", 100'000);
  BOOST_TEST((read_all(*open()) == content("")));
  auto other = options();
  other.http.user_agent = "other";
  server.clear_log();
  const auto reader = open(other);
  BOOST_REQUIRE(server.wait([](const HttpServer::Log& log) {
    return std::any_of(log.begin(), log.end(), [](const LoggedRequest& each) {
      return each.path == "/song.mp3.torrent" && each.finished;
    });
  }));
  BOOST_TEST(server.log().front().status == 304);
}

BOOST_AUTO_TEST_CASE(rounds_of_open_seek_close_leave_nothing) {
  publish_album(3, 200'000);
  for (const auto& [path, bytes] : spec.files)
    BOOST_TEST((read_all(*open(path)) == bytes));
  std::size_t descriptors = 0, threads = 0;
  std::vector<std::byte> buffer(4096);
  for (int round = 0; round < 1000; ++round) {
    const auto reader = open(std::to_string(round % 3 + 1) + ".mp3");
    reader->seek(static_cast<std::uint64_t>(round) * 100, std::nullopt);
    if (round % 2 == 0)
      BOOST_REQUIRE((reader->read(static_cast<std::uint64_t>(round) * 100, buffer).outcome ==
                     Reader::Outcome::bytes));
    if (round == 99) {
      descriptors = entries_of("/proc/self/fd");
      threads = entries_of("/proc/self/task");
    }
  }
  BOOST_TEST(entries_of("/proc/self/fd") <= descriptors + 2);
  BOOST_TEST(entries_of("/proc/self/task") <= threads); // the server's, too, of which some may end
}

BOOST_AUTO_TEST_CASE(tools_get_the_release_and_its_tracks) {
  publish_album(3, 20'000);
  const auto release = load_release(options());
  BOOST_REQUIRE(release);
  BOOST_TEST((*release)->name() == "Album");
  BOOST_TEST((*release)->layers_complete());
  const auto tracks = list_tracks(options());
  BOOST_REQUIRE(tracks);
  BOOST_REQUIRE(tracks->size() == 3u);
  BOOST_TEST(tracks->at(1) == uri("2.mp3"));
  const auto one = list_tracks(options("3.mp3"));
  BOOST_REQUIRE(one);
  BOOST_TEST(one->size() == 1u);
  auto missing = options();
  missing.uri = "triad+" + server.url("/none.torrent");
  const auto none = list_tracks(missing);
  BOOST_REQUIRE(!none);
  BOOST_TEST((none.error().code == ErrorCode::not_found));
}

BOOST_AUTO_TEST_SUITE_END()
