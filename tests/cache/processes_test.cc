// SPDX-License-Identifier: LGPL-2.1-or-later
// Several processes on one cache folder.
#include "cache/fixture.h"
#include "cache/index_db.h"
#include "cache/process.h"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <random>

using namespace triad;
using namespace triad::cache_test;

namespace fs = std::filesystem;

namespace {

// Plays tracks at random from a cache that is too small for them, "fetching" what is missing. Exit
// code 0: every byte was right, and a track that was held stayed complete.
int play_at_random(const fs::path& folder, const std::vector<Album>& albums, unsigned seed) {
  Told told;
  const auto cache = open_cache(folder, &told, 700'000);
  std::mt19937 random(seed);
  for (int round = 0; round < 60; ++round) {
    const Album& album = albums[random() % albums.size()];
    const FileIndex track = album.track(random() % 3);
    const auto entry = cache->entry(album.release, "");
    const auto hold = entry->hold(track);
    entry->touch(track);
    const Reading first = read_file(*entry, album, track, 30'000);
    if (!first.right)
      return 1;
    for (const PieceIndex piece : first.missing)
      store(*entry, album, piece);
    const Reading second = read_file(*entry, album, track, 8192);
    if (!second.right)
      return 2;
    // While it was being evicted it could not be held; what is stored then is in memory.
    if (!second.missing.empty())
      return 4;
    if (round % 7 == 0 && !cache->list())
      return 5;
  }
  return told.warnings.empty() ? 0 : 6;
}

} // namespace

BOOST_AUTO_TEST_SUITE(processes)

BOOST_AUTO_TEST_CASE(two_play_while_both_evict) {
  const TemporaryFolder folder;
  for (const kit::Format format : {kit::Format::hybrid, kit::Format::v1}) {
    const std::vector<Album> albums = {make_album(1, format), make_album(2, format),
                                       make_album(3, format)};
    Child one([&](Pipe&) { return play_at_random(folder.path(), albums, 1); });
    Child two([&](Pipe&) { return play_at_random(folder.path(), albums, 2); });
    BOOST_CHECK_EQUAL(one.wait(), 0);
    BOOST_CHECK_EQUAL(two.wait(), 0);
  }
}

// Another process that stores a track when it is told to, and this one, which has looked before.
struct StoredElsewhere {
  StoredElsewhere() {
    BOOST_CHECK(!entry->has(pieces_of(*album.release, album.track(1))[0]));
    settle(*cache);
  }
  void store_there() {
    writer.pipe().tell(1);
    BOOST_REQUIRE_EQUAL(writer.wait(), 0);
  }
  // A reader that misses something makes the cache ask, now and then.
  void check_becomes_visible() {
    const auto guard = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!read_file(*entry, album, album.track(1)).missing.empty() &&
           std::chrono::steady_clock::now() < guard)
      settle(*cache);
    BOOST_CHECK(read_file(*entry, album, album.track(1)).missing.empty());
  }

  const TemporaryFolder folder;
  const Album album = make_album();
  Child writer{[this](Pipe& pipe) {
    if (!pipe.hear())
      return 1;
    const auto theirs = open_cache(folder.path());
    store(*theirs->entry(album.release, ""), album, album.track(1));
    return 0;
  }};
  const std::shared_ptr<Cache> cache = open_cache(folder.path());
  const std::shared_ptr<CacheEntry> entry = cache->entry(album.release, "");
};

BOOST_FIXTURE_TEST_CASE(what_another_process_stores_becomes_visible, StoredElsewhere) {
  store_there();
  check_becomes_visible();
  BOOST_CHECK(entry->complete(album.track(1)));
}

BOOST_FIXTURE_TEST_CASE(what_another_process_stores_is_told_without_a_read, StoredElsewhere) {
  Told told;
  entry->on_gained([&](const std::vector<PieceIndex>& pieces) {
    const std::lock_guard lock(told.mutex);
    told.gained.insert(pieces.begin(), pieces.end());
  });
  for (PieceIndex piece; piece.value() < album.release->piece_count(); ++piece)
    BOOST_REQUIRE(!entry->has(piece));
  cache->look_again();
  settle(*cache);
  BOOST_CHECK(told.gained.empty());
  store_there();
  cache->look_again();
  settle(*cache);
  const auto want = pieces_of(*album.release, album.track(1));
  BOOST_CHECK(told.gained == std::set<PieceIndex>(want.begin(), want.end()));
}

BOOST_FIXTURE_TEST_CASE(what_another_process_could_not_index_becomes_visible, StoredElsewhere) {
  {
    const std::atomic<bool> hurry = false;
    triad::cache::IndexDb busy(folder.path() / "index.sqlite", hurry);
    busy.begin();
    store_there();
    busy.rollback();
    BOOST_REQUIRE(busy.pieces(album.release->id()).empty());
  }
  check_becomes_visible();
}

BOOST_AUTO_TEST_CASE(in_use_elsewhere_stays) {
  const TemporaryFolder folder;
  const Album album = make_album();
  Child player([&](Pipe& pipe) {
    const auto cache = open_cache(folder.path());
    const auto entry = cache->entry(album.release, "");
    store_all(*entry, album);
    const auto hold = entry->hold(album.track(1));
    settle(*cache);
    pipe.tell(1);
    static_cast<void>(pipe.hear());
    return read_file(*entry, album, album.track(1)).missing.empty() ? 0 : 1;
  });
  BOOST_REQUIRE(player.pipe().hear());
  {
    const auto cache = open_cache(folder.path());
    BOOST_REQUIRE(cache->clear());
  }
  BOOST_CHECK(!fs::exists(stored_file(folder.path(), album, album.track(0))));
  BOOST_CHECK(fs::exists(stored_file(folder.path(), album, album.track(1))));
  player.pipe().tell(1);
  BOOST_CHECK_EQUAL(player.wait(), 0);
  const auto cache = open_cache(folder.path());
  BOOST_REQUIRE(cache->clear());
  BOOST_CHECK(!fs::exists(stored_file(folder.path(), album, album.track(1))));
}

BOOST_AUTO_TEST_SUITE_END()
