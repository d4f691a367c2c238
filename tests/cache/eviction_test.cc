// SPDX-License-Identifier: LGPL-2.1-or-later
// Who goes first, who stays, and what is left behind.
#include "cache/fixture.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::cache_test;

namespace fs = std::filesystem;

namespace {

std::string url_of(const Album& album) {
  return "https://a.example/" + album.spec.name + ".torrent";
}

std::shared_ptr<CacheEntry> fill(Cache& cache, const Album& album) {
  cache.store_metainfo(url_of(album), *album.release, {album.metainfo, "", ""});
  auto entry = cache.entry(album.release, "");
  for (const FileIndex track : album.release->tracks())
    store(*entry, album, track);
  return entry;
}

// The files' blocks, as du counts them.
std::uint64_t used(const fs::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& [path, content] : kit::read_folder(folder / "releases"))
    if (!path.ends_with(".torrent"))
      bytes += (content.size() + 4095) / 4096 * 4096;
  return bytes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(eviction)

BOOST_AUTO_TEST_CASE(least_recently_used_first_across_releases) {
  const TemporaryFolder folder;
  const Album one = make_album(1), two = make_album(2);
  const auto cache = open_cache(folder.path());
  const auto first = fill(*cache, one), second = fill(*cache, two);
  std::set<PieceIndex> lost;
  first->on_lost([&](PieceIndex piece) { lost.insert(piece); });
  second->touch(two.track(0));
  first->touch(one.track(1));
  second->touch(two.track(1));
  first->touch(one.track(0));
  second->touch(two.track(2));
  first->touch(one.track(2));

  const auto exists = [&](const Album& album, std::size_t track) {
    return fs::exists(stored_file(folder.path(), album, album.track(track)));
  };
  const std::uint64_t before = used(folder.path());
  const auto freed = cache->trim(before - 1); // one must go
  BOOST_REQUIRE(freed && freed.value() > 0);
  BOOST_CHECK(!exists(two, 0) && exists(one, 1) && exists(two, 1));
  BOOST_CHECK(!second->has(pieces_of(*two.release, two.track(0))[0]));
  BOOST_CHECK(!second->complete(two.track(0)) && second->complete(two.track(1)));
  BOOST_REQUIRE(cache->trim(used(folder.path()) - 170'000)); // two more
  BOOST_CHECK(!exists(one, 1) && !exists(two, 1) && exists(one, 0));
  BOOST_CHECK(lost.size() == pieces_of(*one.release, one.track(1)).size());
  // What was evicted can be stored again.
  store(*second, two, two.track(0));
  BOOST_CHECK(read_file(*second, two, two.track(0)).missing.empty());
  BOOST_CHECK(second->complete(two.track(0)));
}

BOOST_AUTO_TEST_CASE(pinned_and_used_tracks_stay) {
  const TemporaryFolder folder;
  const Album one = make_album(1), two = make_album(2);
  {
    const auto cache = open_cache(folder.path());
    const auto first = fill(*cache, one), second = fill(*cache, two);
    BOOST_REQUIRE(cache->pin(hex(one.release->id()), "02 Noon.ogg", true));
    const auto hold = second->hold(two.track(2));
    BOOST_REQUIRE(cache->clear());
    BOOST_CHECK(first->complete(one.track(1)) && second->complete(two.track(2)));
    BOOST_CHECK(!first->complete(one.track(0)) && !second->complete(two.track(0)));
  }
  const auto cache = open_cache(folder.path());
  const auto first = cache->entry(one.release, ""), second = cache->entry(two.release, "");
  BOOST_CHECK(first->complete(one.track(1)) && second->complete(two.track(2)));
  // Released and unpinned, they go, and with the last track all of a release.
  BOOST_REQUIRE(cache->pin(hex(one.release->id()), "02 Noon.ogg", false));
  BOOST_CHECK(cache->find_metainfo(url_of(one)));
  BOOST_REQUIRE(cache->clear());
  BOOST_CHECK(!cache->find_metainfo(url_of(one)));
  BOOST_CHECK(fs::is_empty(folder.path() / "releases"));
  BOOST_CHECK(cache->list() && cache->list().value().empty());
}

BOOST_AUTO_TEST_CASE(the_limit_is_kept_while_storing) {
  const TemporaryFolder folder;
  const std::uint64_t limit = 1'000'000;
  const auto cache = open_cache(folder.path(), nullptr, limit);
  BOOST_CHECK_EQUAL(cache->max_size(), limit);
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const Album album = make_album(seed);
    const auto entry = fill(*cache, album);
    settle(*cache);
    BOOST_CHECK(entry->complete(album.track(2))); // the newest stays
    BOOST_CHECK_LE(used(folder.path()), limit + limit / 16);
  }
  cache->set_max_size(400'000);
  settle(*cache);
  BOOST_CHECK_LE(used(folder.path()), 400'000u);
  // urls/ keeps nothing of releases that are gone.
  const auto kept = static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder.path() / "releases"), {}));
  BOOST_CHECK_EQUAL(kept, std::distance(fs::directory_iterator(folder.path() / "urls"), {}));
}

BOOST_AUTO_TEST_CASE(the_default_limit_follows_the_free_disk) {
  const TemporaryFolder folder;
  const std::uint64_t limit = open_cache(folder.path())->max_size();
  const std::uint64_t tenth = fs::space(folder.path()).available / 10;
  BOOST_CHECK_GE(limit, 64u << 20);
  BOOST_CHECK_LE(limit, std::uint64_t{10} << 30);
  if (tenth > (64u << 20) && tenth < (std::uint64_t{10} << 30))
    BOOST_CHECK_LE(limit > tenth ? limit - tenth : tenth - limit, tenth / 10);
}

BOOST_AUTO_TEST_CASE(what_spans_an_evicted_track_is_not_complete) {
  // v1 without pads: the piece at the border needs both tracks' bytes to be verified.
  const TemporaryFolder folder;
  const Album album = make_album(1, kit::Format::v1);
  const auto cache = open_cache(folder.path());
  const auto entry = fill(*cache, album);
  entry->touch(album.track(1));
  BOOST_REQUIRE(cache->trim(used(folder.path()) - 40'000));
  BOOST_CHECK(!entry->complete(album.track(0)));
  const auto later = open_cache(folder.path());
  const auto same = later->entry(album.release, "");
  BOOST_CHECK(!same->complete(album.track(1)));
  const Reading reading = read_file(*same, album, album.track(1));
  BOOST_CHECK(reading.right && reading.missing.size() == 1);
}

BOOST_AUTO_TEST_CASE(a_held_track_keeps_its_neighbours) {
  const TemporaryFolder folder;
  const Album album = make_album(1, kit::Format::v1);
  const auto cache = open_cache(folder.path());
  const auto entry = fill(*cache, album);
  const auto hold = entry->hold(album.track(1));
  BOOST_REQUIRE(cache->clear());
  BOOST_CHECK(entry->complete(album.track(1)));
  BOOST_CHECK(read_file(*entry, album, album.track(1)).missing.empty());
}

BOOST_AUTO_TEST_SUITE_END()
