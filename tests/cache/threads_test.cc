// SPDX-License-Identifier: LGPL-2.1-or-later
// Many threads on one cache; made for the thread sanitizer.
#include "cache/fixture.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <random>
#include <thread>

using namespace triad;
using namespace triad::cache_test;

BOOST_AUTO_TEST_SUITE(threads)

BOOST_AUTO_TEST_CASE(everything_at_once) {
  const TemporaryFolder folder, music;
  const Album one = make_album(1), two = make_album(2, kit::Format::v1), shared = make_album(3);
  kit::write_files(shared.spec, music.path());
  std::atomic<unsigned> wrong = 0, lost = 0;
  {
    const auto cache = open_cache(folder.path(), nullptr, 500'000);
    const std::vector<const Album*> albums = {&one, &two, &shared};
    std::vector<std::shared_ptr<CacheEntry>> entries;
    for (const Album* album : albums) {
      entries.push_back(cache->entry(album->release, "triad://a/b.torrent"));
      entries.back()->on_lost([&](PieceIndex) { ++lost; });
    }
    std::vector<std::thread> threads;
    for (unsigned seed = 0; seed < 4; ++seed)
      threads.emplace_back([&, seed] {
        std::mt19937 random(seed);
        for (int round = 0; round < 25; ++round) {
          const std::size_t which = random() % albums.size();
          const Album& album = *albums[which];
          CacheEntry& entry = *entries[which];
          const FileIndex track = album.track(random() % 3);
          const auto hold = random() % 2 == 0 ? entry.hold(track) : nullptr;
          entry.touch(track);
          const Reading reading = read_file(entry, album, track);
          wrong += reading.right ? 0 : 1;
          for (const PieceIndex piece : reading.missing)
            store(entry, album, piece);
          static_cast<void>(entry.complete(track));
          static_cast<void>(entry.ranges(track));
          static_cast<void>(entry.has(
              PieceIndex(static_cast<std::uint32_t>(random()) % album.release->piece_count())));
        }
      });
    threads.emplace_back([&] {
      for (unsigned round = 0; round < 20; ++round) {
        static_cast<void>(cache->trim(300'000));
        static_cast<void>(cache->list());
        cache->set_max_size(400'000 + round);
        cache->store_metainfo("https://a/b.torrent", *one.release, {one.metainfo, "", ""});
        static_cast<void>(cache->find_metainfo("https://a/b.torrent"));
        static_cast<void>(cache->pin(hex(one.release->id()), "01 Dawn.ogg", round % 2 == 0));
        entries[0]->set_release(kit::make_release(one.spec));
        if (round == 5)
          static_cast<void>(cache->add_library(shared.release, music.path()));
        if (round == 10)
          static_cast<void>(cache->verify());
      }
    });
    for (std::thread& thread : threads)
      thread.join();
  }
  BOOST_CHECK_EQUAL(wrong.load(), 0u);
  BOOST_CHECK_GT(lost.load(), 0u);
}

BOOST_AUTO_TEST_CASE(the_last_use_may_end_anywhere) {
  // Entries outlive the cache object, and the background thread may be the last to let go.
  const Album album = make_album();
  for (int round = 0; round < 20; ++round) {
    const TemporaryFolder folder;
    auto cache = open_cache(folder.path());
    auto entry = cache->entry(album.release, "");
    store(*entry, album, album.track(0));
    cache.reset();
    if (round % 2 == 0)
      BOOST_CHECK(read_file(*entry, album, album.track(0)).missing.empty());
    entry.reset();
  }
}

BOOST_AUTO_TEST_SUITE_END()
