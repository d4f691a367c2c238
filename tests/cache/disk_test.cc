// SPDX-License-Identifier: LGPL-2.1-or-later
// Disks that are full, read-only or gone. Mounts small tmpfs: needs root.
#include "cache/fixture.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sys/mount.h>

using namespace triad;
using namespace triad::cache_test;

namespace fs = std::filesystem;

namespace {

class SmallDisk {
public:
  explicit SmallDisk(const char* size) {
    const std::string options = std::string("size=") + size;
    BOOST_REQUIRE_MESSAGE(mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, options.c_str()) == 0,
                          "a tmpfs can't be mounted (root is needed): " << std::strerror(errno));
  }
  ~SmallDisk() { umount2(folder_.path().c_str(), MNT_DETACH); }
  [[nodiscard]] const fs::path& path() const { return folder_.path(); }
  [[nodiscard]] bool make(bool read_only) const {
    return mount(nullptr, path().c_str(), nullptr, read_only ? MS_REMOUNT | MS_RDONLY : MS_REMOUNT,
                 nullptr) == 0;
  }

private:
  const TemporaryFolder folder_;
};

void check_plays(CacheEntry& entry, const Album& album) {
  for (const FileIndex track : album.release->tracks()) {
    const Reading reading = read_file(entry, album, track);
    BOOST_CHECK(reading.right && reading.missing.empty());
  }
}

// Fills a disk to its last byte.
void fill_up(const fs::path& disk) {
  std::ofstream filler(disk / "filler", std::ios::app);
  const std::string block(4096, 'x');
  while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush())
    continue;
}

void keep_album(Cache& cache, const Album& album) {
  cache.store_metainfo("https://a/b.torrent", *album.release, {album.metainfo, "", ""});
  store_all(*cache.entry(album.release, ""), album);
  settle(cache);
}

} // namespace

BOOST_AUTO_TEST_SUITE(disk)

BOOST_AUTO_TEST_CASE(full_then_room_again) {
  const SmallDisk disk("1m");
  const Album album = make_album();
  const fs::path filler = disk.path() / "filler";
  std::ofstream(filler) << std::string(600'000, 'x');
  Told told;
  {
    const auto cache = open_cache(disk.path() / "cache", &told);
    const auto entry = cache->entry(album.release, "");
    const auto hold = entry->hold(album.track(0));
    store_all(*entry, album);
    check_plays(*entry, album);
    BOOST_CHECK(!entry->complete(album.track(2)));
    BOOST_CHECK_EQUAL(told.warned("disk that holds"), 1u);

    fs::remove(filler);
    // Now and then a piece tries the disk; the rest follows it from memory.
    const Album more = make_album(2);
    const auto next = cache->entry(more.release, "");
    store(*next, more, more.track(0));
    settle(*cache);
    for (const FileIndex track : album.release->tracks())
      BOOST_CHECK(entry->complete(track));
    BOOST_CHECK(next->complete(more.track(0)));
    check_plays(*entry, album);
  }
  const auto cache = open_cache(disk.path() / "cache");
  check_plays(*cache->entry(album.release, ""), album);
}

BOOST_AUTO_TEST_CASE(cleared_when_full) {
  const SmallDisk disk("1m");
  const Album album = make_album();
  {
    const auto cache = open_cache(disk.path());
    keep_album(*cache, album);
    BOOST_REQUIRE(
        cache->pin(hex(album.release->id()), album.release->file(album.track(1)).path, true));
  }
  BOOST_REQUIRE(!fs::exists(disk.path() / "index.sqlite-wal"));
  fill_up(disk.path());
  Told told;
  const auto cache = open_cache(disk.path(), &told);
  const auto freed = cache->clear();
  BOOST_REQUIRE(freed);
  BOOST_CHECK_GT(freed.value(), 250'000u);
  BOOST_CHECK(told.warnings.empty());
  const auto entry = cache->entry(album.release, "");
  BOOST_CHECK(entry->complete(album.track(1)));
  const auto left = cache->list();
  BOOST_REQUIRE(left && left->size() == 1);
  BOOST_CHECK(left->front().pinned);
  store(*entry, album, album.track(0)); // there is room again
  settle(*cache);
  BOOST_CHECK(entry->complete(album.track(0)));
}

// The pin is only in the log that a killed process left, and the log's map is gone.
BOOST_AUTO_TEST_CASE(cleared_when_full_after_a_kill) {
  const SmallDisk disk("1m");
  const TemporaryFolder aside;
  const Album album = make_album();
  {
    const auto cache = open_cache(disk.path());
    keep_album(*cache, album);
    BOOST_REQUIRE(
        cache->pin(hex(album.release->id()), album.release->file(album.track(1)).path, true));
    for (const char* name : {"index.sqlite", "index.sqlite-wal"})
      fs::copy(disk.path() / name, aside.path() / name);
  }
  for (const char* name : {"index.sqlite", "index.sqlite-wal"})
    fs::copy(aside.path() / name, disk.path() / name, fs::copy_options::overwrite_existing);
  fill_up(disk.path());
  const auto cache = open_cache(disk.path());
  BOOST_CHECK(cache->clear());
  BOOST_CHECK(!fs::exists(stored_file(disk.path(), album, album.track(0))));
  BOOST_CHECK(fs::exists(stored_file(disk.path(), album, album.track(1))));
}

BOOST_AUTO_TEST_CASE(trimmed_when_full_while_the_index_is_open) {
  const SmallDisk disk("1m");
  const Album album = make_album();
  const auto cache = open_cache(disk.path());
  keep_album(*cache, album);
  BOOST_REQUIRE(
      cache->pin(hex(album.release->id()), album.release->file(album.track(1)).path, true));
  fill_up(disk.path());
  const auto freed = cache->trim(0);
  BOOST_REQUIRE(freed);
  BOOST_CHECK_GT(freed.value(), 250'000u);
  BOOST_CHECK(fs::exists(stored_file(disk.path(), album, album.track(1))));
}

BOOST_AUTO_TEST_CASE(cleared_when_full_without_an_index) {
  const SmallDisk disk("1m");
  const Album album = make_album();
  keep_album(*open_cache(disk.path()), album);
  fs::remove(disk.path() / "index.sqlite");
  fill_up(disk.path());
  const auto cache = open_cache(disk.path());
  const auto freed = cache->clear();
  BOOST_REQUIRE(freed);
  BOOST_CHECK_GT(freed.value(), 400'000u);
}

// Nobody knows the pins.
BOOST_AUTO_TEST_CASE(not_cleared_while_the_index_cannot_be_read) {
  const TemporaryFolder folder;
  const Album album = make_album();
  keep_album(*open_cache(folder.path()), album);
  fs::remove(folder.path() / "index.sqlite");
  fs::create_directory(folder.path() / "index.sqlite");
  const auto cache = open_cache(folder.path());
  const auto freed = cache->clear();
  BOOST_REQUIRE(!freed);
  BOOST_CHECK(freed.error().message.find("pins") != std::string::npos);
  BOOST_CHECK(fs::exists(stored_file(folder.path(), album, album.track(0))));
}

// Another process, or a limit from before, let it grow: a full disk is the time to count.
BOOST_AUTO_TEST_CASE(shrinks_to_its_size_when_the_disk_is_full) {
  const SmallDisk disk("1m");
  const Album album = make_album(), other = make_album(2);
  keep_album(*open_cache(disk.path(), nullptr, 1'000'000), album);
  fill_up(disk.path());
  const auto small = open_cache(disk.path(), nullptr, 300'000);
  const auto entry = small->entry(other.release, "");
  store(*entry, other, pieces_of(*other.release, other.track(0))[0]);
  settle(*small);
  std::uint64_t left = 0;
  for (const auto& [path, content] : kit::read_folder(disk.path() / "releases"))
    left += content.size();
  BOOST_CHECK_LT(left, 320'000u);
  BOOST_CHECK_GT(left, 0u);
}

BOOST_AUTO_TEST_CASE(full_from_the_start) {
  const SmallDisk disk("64k");
  std::ofstream(disk.path() / "filler") << std::string(64 * 1024, 'x');
  const Album album = make_album();
  Told told;
  const auto cache = open_cache(disk.path() / "cache", &told);
  const auto entry = cache->entry(album.release, "triad://a/b.torrent");
  cache->store_metainfo("https://a/b.torrent", *album.release, {album.metainfo, "", ""});
  store_all(*entry, album);
  check_plays(*entry, album);
  BOOST_CHECK(cache->find_metainfo("https://a/b.torrent"));
  settle(*cache);
  check_plays(*entry, album);
  BOOST_CHECK_EQUAL(told.warned("disk that holds"), 1u);
}

BOOST_AUTO_TEST_CASE(read_only) {
  const SmallDisk disk("8m");
  const Album album = make_album(), other = make_album(2);
  {
    const auto cache = open_cache(disk.path());
    cache->store_metainfo("https://a/b.torrent", *album.release, {album.metainfo, "", ""});
    store_all(*cache->entry(album.release, ""), album);
    settle(*cache); // nothing is open for writing after this
  }
  BOOST_REQUIRE(disk.make(true));
  Told told;
  const auto cache = open_cache(disk.path(), &told);
  const auto entry = cache->entry(album.release, ""), next = cache->entry(other.release, "");
  for (int round = 0; round < 2; ++round) {
    BOOST_CHECK(cache->find_metainfo("https://a/b.torrent"));
    BOOST_CHECK(entry->complete(album.track(0)));
    check_plays(*entry, album);
    store(*next, other, other.track(0));
    const Reading reading = read_file(*next, other, other.track(0));
    BOOST_CHECK(reading.right && reading.missing.empty());
    settle(*cache);
  }
  BOOST_CHECK_EQUAL(told.warned("can't be written"), 1u);

  BOOST_REQUIRE(disk.make(false));
  store(*next, other, other.track(1));
  store(*next, other, other.track(2));
  settle(*cache);
  for (const FileIndex track : other.release->tracks())
    BOOST_CHECK(next->complete(track));
}

BOOST_AUTO_TEST_CASE(deleted_while_it_is_used) {
  const TemporaryFolder folder;
  const fs::path place = folder.path() / "cache";
  const Album album = make_album();
  {
    const auto cache = open_cache(place);
    const auto entry = cache->entry(album.release, "");
    const auto hold = entry->hold(album.track(0));
    store(*entry, album, album.track(0));
    store(*entry, album, album.track(1));
    settle(*cache); // or SQLite makes files in what is being removed
    fs::remove_all(place);
    // What is held open plays on; what isn't is lost, and told.
    BOOST_CHECK(read_file(*entry, album, album.track(0)).missing.empty());
    BOOST_CHECK_EQUAL(read_file(*entry, album, album.track(1)).bytes, 0u);
    BOOST_CHECK(!entry->has(pieces_of(*album.release, album.track(1))[0]));
    store(*entry, album, album.track(1));
    BOOST_CHECK(read_file(*entry, album, album.track(1)).missing.empty());
    BOOST_CHECK(entry->complete(album.track(1)));
    settle(*cache);
  }
  const auto cache = open_cache(place);
  const auto entry = cache->entry(album.release, "");
  BOOST_CHECK(entry->complete(album.track(1)));
  BOOST_CHECK(!entry->complete(album.track(0)));
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  const Album album = make_album();
  Told told;
  const auto cache = open_cache(folder.path() / "file" / "cache", &told);
  const auto entry = cache->entry(album.release, "");
  store_all(*entry, album);
  check_plays(*entry, album);
  BOOST_CHECK(!told.warnings.empty());
  BOOST_CHECK(cache->list() && cache->list().value().empty());
}

BOOST_AUTO_TEST_SUITE_END()
