// SPDX-License-Identifier: LGPL-2.1-or-later
// Tracks from peers: alone, beside a server, and when they lie, refuse, vanish or keep silent.
#include "cache/cache.h"
#include "node/peers_fixture.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace triad;
using namespace triad::test;
using namespace std::chrono_literals;

namespace {

std::uint64_t sum(const std::vector<ReaderStats::Peer>& peers) {
  std::uint64_t bytes = 0;
  for (const auto& peer : peers)
    bytes += peer.received;
  return bytes;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(peers, PeersFixture)

BOOST_AUTO_TEST_CASE(a_track_comes_whole_from_peers_alone) {
  publish_to_peers(3, 500'000);
  world.add({.id = "a"});
  world.add({.id = "b"});
  const auto reader = open(peers_only("2.mp3"));
  BOOST_TEST((read_all(*reader) == content("2.mp3")));
  const auto stats = reader->stats();
  BOOST_TEST(stats.bytes_peers == 500'000u);
  BOOST_TEST(stats.bytes_server == 0u);
  BOOST_TEST(stats.bytes_cache == 0u);
  BOOST_TEST(sum(stats.peers) == 500'000u);
  BOOST_TEST(stats.peers.size() == 2u);
  BOOST_TEST(stats.bytes_wasted == 0u);
  BOOST_TEST(server.log().empty());
}

BOOST_AUTO_TEST_CASE(peers_and_server_share_a_track) {
  publish_everywhere(1, 3'000'000);
  world.add({.id = "a"});
  world.add({.id = "b"});
  listener->play();
  const auto reader = open("1.mp3");
  BOOST_TEST((read_all(*reader) == content("1.mp3")));
  const auto stats = reader->stats();
  BOOST_TEST(stats.bytes_peers + stats.bytes_server == 3'000'000u);
  BOOST_TEST(stats.bytes_peers > 1'500'000u);
  BOOST_TEST(stats.links == 2u);
}

BOOST_AUTO_TEST_CASE(a_liar_is_banned_and_the_track_is_right) {
  publish_to_peers(1, 1'000'000);
  world.add({.id = "honest"});
  world.add({.id = "liar", .does = FakePeer::Does::lie});
  const auto reader = open(peers_only("1.mp3"));
  BOOST_TEST((read_all(*reader) == content("1.mp3")));
  BOOST_REQUIRE(world.wait([](const auto& record) { return !record.banned.empty(); }));
  const auto banned = world.record().banned;
  BOOST_TEST(banned.size() == 1u);
  BOOST_TEST(banned.front() == "liar");
}

BOOST_AUTO_TEST_CASE(only_the_liar_among_several_senders_is_banned) {
  kit::ReleaseSpec large = album(1, 4'000'000, kit::Format::hybrid);
  large.piece_length = 4 * 1024 * 1024; // a piece that everybody sends a part of
  publish_to_peers(std::move(large));
  world.add({.id = "honest"});
  // Right the second time, when one of them sends it all: or it might give itself away then.
  world.add({.id = "liar", .does = FakePeer::Does::lie, .lies_for = 1});
  world.add({.id = "other"});
  const auto reader = open(peers_only("1.mp3"));
  BOOST_TEST((read_all(*reader) == content("1.mp3")));
  BOOST_REQUIRE(world.wait([](const auto& record) { return !record.banned.empty(); }));
  const auto banned = world.record().banned;
  BOOST_TEST(banned.size() == 1u);
  BOOST_TEST(banned.front() == "liar");
}

BOOST_AUTO_TEST_CASE(peers_that_vanish_in_mid_track_are_replaced_by_the_server) {
  publish_everywhere(1, 2'000'000);
  world.set_looking(false);
  world.add({.id = "a", .leaves_after = 10});
  world.add({.id = "b", .leaves_after = 20});
  const auto reader = open("1.mp3");
  BOOST_TEST((read_all(*reader) == content("1.mp3")));
  BOOST_TEST(reader->stats().bytes_server > 0u);
}

BOOST_AUTO_TEST_CASE(who_refuses_is_not_waited_for) {
  publish_to_peers(1, 300'000);
  world.add({.id = "refuses", .does = FakePeer::Does::refuse});
  world.add({.id = "gives"});
  const auto reader = open(peers_only("1.mp3"));
  BOOST_TEST((read_all(*reader) == content("1.mp3")));
  BOOST_TEST(world.record().banned.empty());
}

BOOST_AUTO_TEST_CASE(peers_carry_on_where_the_server_has_nothing) {
  publish_everywhere(1, 1'000'000);
  server.remove(track_path("1.mp3"));
  const auto reader = open("1.mp3");
  world.add({.id = "a"});
  BOOST_TEST((read_all(*reader) == content("1.mp3")));
  BOOST_TEST(reader->stats().bytes_peers == 1'000'000u);
}

BOOST_AUTO_TEST_CASE(the_servers_error_stands_when_no_peer_is_left) {
  publish_everywhere(1, 1'000'000);
  server.remove(track_path("1.mp3"));
  const auto reader = open("1.mp3");
  BOOST_REQUIRE(world.wait([](const auto& record) { return record.swarms == 1; }));
  world.set_looking(false);
  const Error error = read_error(*reader);
  BOOST_TEST((error.code == ErrorCode::not_found));
  BOOST_TEST(error.message.find("No peer was found") != std::string::npos, error.message);
}

BOOST_AUTO_TEST_CASE(the_error_names_all_that_was_tried) {
  publish_everywhere(1, 1'000'000);
  server.remove(track_path("1.mp3"));
  world.add({.id = "a", .leaves_after = 10});
  world.add({.id = "b", .leaves_after = 20});
  const auto reader = open("1.mp3");
  BOOST_REQUIRE(world.wait([](const auto& record) { return record.swarms == 1; }));
  world.set_looking(false);
  const Error error = read_error(*reader);
  BOOST_TEST((error.code == ErrorCode::not_found));
  BOOST_TEST(error.message.find("1.mp3") != std::string::npos, error.message);
  BOOST_TEST(error.message.find("All 2 peers that gave are gone") != std::string::npos,
             error.message);
}

BOOST_AUTO_TEST_CASE(silence_of_all_sources_ends_with_the_timeout) {
  publish_to_peers(1, 300'000);
  world.add({.id = "silent", .does = FakePeer::Does::keep_silent});
  auto options = peers_only("1.mp3");
  options.timeout = 500ms;
  const auto reader = open(options);
  const Error error = read_error(*reader);
  BOOST_TEST((error.code == ErrorCode::unreachable));
  BOOST_TEST(error.detail.find("1 linked") != std::string::npos, error.detail);
  BOOST_TEST(error.message.find("one peer that is linked") != std::string::npos, error.message);
}

BOOST_AUTO_TEST_CASE(two_downloads_of_a_release_share_its_swarm) {
  publish_to_peers(2, 400'000);
  world.add({.id = "a"});
  auto one = peers_only("1.mp3");
  one.http.user_agent = "one";
  auto two = peers_only("2.mp3");
  two.http.user_agent = "two";
  const auto first = open(one);
  const auto second = open(two);
  BOOST_TEST((read_all(*first) == content("1.mp3")));
  BOOST_TEST((read_all(*second) == content("2.mp3")));
  BOOST_TEST(world.record().joined.size() == 1u);
  BOOST_TEST(world.record().companies == 1u);
}

BOOST_AUTO_TEST_CASE(what_comes_is_told_and_given_with_its_pads) {
  publish_to_peers(3, 150'000); // each file ends with a pad
  world.add({.id = "a"});
  for (const auto& [path, bytes] : spec.files)
    BOOST_TEST((read_all(*open(peers_only(path))) == bytes));
  const auto record = world.record();
  const Release& release = *record.release;
  auto had = record.had;
  std::sort(had.begin(), had.end());
  BOOST_TEST(had.size() == release.piece_count());
  BOOST_TEST((std::unique(had.begin(), had.end()) == had.end()));
  on_engine([&] {
    const auto pieces = record.stock->pieces();
    BOOST_TEST(pieces.size() == release.piece_count());
    BOOST_TEST(std::count(pieces.begin(), pieces.end(), true) == release.piece_count());
    for (PieceIndex piece(0); piece.value() < release.piece_count(); ++piece) {
      std::vector<std::byte> bytes(release.piece_range(piece).size(), std::byte{7});
      BOOST_TEST(record.stock->read(piece, 0, bytes));
      BOOST_TEST((bytes == kit::piece_content(release, spec.files, piece)));
    }
    std::vector<std::byte> part(1000);
    BOOST_TEST(record.stock->read(PieceIndex(0), 5000, part));
    BOOST_TEST(std::equal(part.begin(), part.end(), content("1.mp3").begin() + 5000));
    BOOST_TEST(!record.stock->read(PieceIndex(0), 65'000, part)); // beyond its end
  });
}

BOOST_AUTO_TEST_CASE(a_release_that_is_here_is_given_from_the_first_moment) {
  publish_everywhere(1, 200'000);
  {
    OpenOptions alone = options("1.mp3");
    alone.sources = static_cast<Sources>(static_cast<unsigned>(Sources::cache) |
                                         static_cast<unsigned>(Sources::server));
    BOOST_TEST((read_all(*open(alone)) == content("1.mp3")));
  }
  BOOST_TEST(world.record().companies == 0u);
  const auto reader = open("1.mp3");
  BOOST_TEST((read_all(*reader) == content("1.mp3")));
  BOOST_REQUIRE(world.wait([](const auto& record) { return record.swarms == 1; }));
  on_engine([&] {
    const auto pieces = world.record().stock->pieces();
    BOOST_TEST(std::count(pieces.begin(), pieces.end(), true) == static_cast<long>(pieces.size()));
  });
}

BOOST_AUTO_TEST_CASE(what_another_process_stores_is_told) {
  publish_everywhere(2, 200'000);
  const auto reader = open("1.mp3");
  BOOST_TEST((read_all(*reader) == content("1.mp3")));
  BOOST_REQUIRE(world.wait([](const auto& record) { return record.swarms == 1; }));
  const ReleasePtr release = world.record().release;
  on_engine([&] { BOOST_TEST(!world.record().stock->pieces().back()); });

  CacheOptions options; // a cache of its own is as another process's
  options.folder = cache_dir;
  const auto theirs = Cache::open(options);
  const auto entry = theirs->entry(release, "");
  std::vector<PieceIndex> stored;
  for (PieceIndex piece(0); piece.value() < release->piece_count(); ++piece)
    if (!entry->has(piece)) {
      entry->store(piece, kit::piece_content(*release, spec.files, piece));
      stored.push_back(piece);
    }
  BOOST_REQUIRE(!stored.empty());
  BOOST_TEST(world.wait([&](const auto& record) {
    return std::ranges::all_of(
        stored, [&](PieceIndex piece) { return std::ranges::count(record.had, piece) > 0; });
  }));
}

BOOST_AUTO_TEST_CASE(a_closed_reader_does_not_leave_the_swarm) {
  publish_to_peers(1, 100'000);
  world.add({.id = "a"});
  BOOST_TEST((read_all(*open(peers_only("1.mp3"))) == content("1.mp3")));
  on_engine([] {});
  BOOST_TEST(world.record().swarms == 1u);
  BOOST_TEST((read_all(*open(peers_only("1.mp3"))) == content("1.mp3")));
  BOOST_TEST(world.record().joined.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
