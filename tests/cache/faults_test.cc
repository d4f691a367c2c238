// SPDX-License-Identifier: LGPL-2.1-or-later
// Damaged files, changed files, planted files and a lost index: never a wrong byte.
#include "cache/fixture.h"

#include "cache/index_db.h"
#include "release/metainfo.h"

#include <boost/test/unit_test.hpp>
#include <sqlite3.h>
#include <sys/stat.h>
#include <thread>

using namespace triad;
using namespace triad::cache_test;

namespace fs = std::filesystem;

namespace {

// An album that an earlier process stored.
struct Stored {
  explicit Stored(kit::Format format = kit::Format::hybrid) : album(make_album(1, format)) {
    const auto cache = open_cache(folder.path());
    store_all(*cache->entry(album.release, ""), album);
  }
  [[nodiscard]] fs::path file(std::size_t track) const {
    return stored_file(folder.path(), album, album.track(track));
  }
  TemporaryFolder folder;
  Album album;
};

void collect_losses(CacheEntry& entry, Told& told) {
  entry.on_lost([&told](PieceIndex piece) {
    const std::lock_guard lock(told.mutex);
    told.lost.insert(piece);
  });
}

std::size_t rows_in_index(const fs::path& folder, const Album& album) {
  const std::atomic<bool> hurry = false;
  cache::IndexDb db(folder / "index.sqlite", hurry);
  return db.pieces(album.release->id()).size();
}

// Longer than the coarsest tick of a filesystem's clock: only then are changes told by times.
void let_files_come_to_rest() {
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
}

} // namespace

BOOST_AUTO_TEST_SUITE(faults)

BOOST_AUTO_TEST_CASE(a_flipped_bit_costs_one_piece) {
  for (const kit::Format format : {kit::Format::v1, kit::Format::v2, kit::Format::hybrid}) {
    const Stored stored(format);
    const Album& album = stored.album;
    const FileIndex track = album.track(1);
    overwrite(stored.file(1), 50'000, 1);
    Told told;
    const auto cache = open_cache(stored.folder.path(), &told);
    const auto entry = cache->entry(album.release, "");
    collect_losses(*entry, told);
    const Reading reading = read_file(*entry, album, track);
    BOOST_CHECK(reading.right);
    BOOST_REQUIRE_EQUAL(reading.missing.size(), 1u);
    const PieceIndex piece = *reading.missing.begin();
    BOOST_CHECK(told.has_lost(piece) && told.lost.size() == 1);
    BOOST_CHECK(!entry->has(piece) && !entry->complete(track));
    store(*entry, album, piece);
    const Reading again = read_file(*entry, album, track);
    BOOST_CHECK(again.right && again.missing.empty());
    settle(*cache);
    BOOST_CHECK(entry->complete(track));
  }
}

BOOST_AUTO_TEST_CASE(a_truncated_track_costs_its_end) {
  const Stored stored;
  fs::permissions(stored.file(0), fs::perms::owner_write, fs::perm_options::add);
  fs::resize_file(stored.file(0), 100'000);
  const auto cache = open_cache(stored.folder.path());
  const auto entry = cache->entry(stored.album.release, "");
  BOOST_CHECK(!entry->complete(stored.album.track(0)));
  const Reading reading = read_file(*entry, stored.album, stored.album.track(0));
  BOOST_CHECK(reading.right);
  BOOST_CHECK_EQUAL(reading.missing.size(), 4u); // of 10 pieces of 16 KiB
  for (const PieceIndex piece : reading.missing)
    store(*entry, stored.album, piece);
  settle(*cache);
  BOOST_CHECK(entry->complete(stored.album.track(0)));
  BOOST_CHECK(read_file(*entry, stored.album, stored.album.track(0)).missing.empty());
}

BOOST_AUTO_TEST_CASE(truncated_while_it_is_read) {
  const Stored stored;
  const Album& album = stored.album;
  const auto cache = open_cache(stored.folder.path());
  const auto entry = cache->entry(album.release, "");
  const auto hold = entry->hold(album.track(0));
  BOOST_CHECK(read_file(*entry, album, album.track(0)).missing.empty());
  fs::permissions(stored.file(0), fs::perms::owner_write, fs::perm_options::add);
  fs::resize_file(stored.file(0), 100'000);
  const Reading reading = read_file(*entry, album, album.track(0));
  BOOST_CHECK(reading.right);
  BOOST_CHECK_EQUAL(reading.missing.size(), 4u);
}

BOOST_AUTO_TEST_CASE(a_tag_editor_rewrites_in_place) {
  const TemporaryFolder folder, music;
  const Album album = make_album();
  kit::write_files(album.spec, music.path());
  let_files_come_to_rest();
  const auto cache = open_cache(folder.path());
  BOOST_REQUIRE(cache->add_library(album.release, music.path()));
  const auto entry = cache->entry(album.release, "");
  Told told;
  collect_losses(*entry, told);
  for (const bool held : {false, true}) {
    const FileIndex track = album.track(held ? 1 : 0);
    const auto hold = held ? entry->hold(track) : nullptr;
    BOOST_CHECK(read_file(*entry, album, track).missing.empty()); // and marked as verified
    overwrite(music.path() / album.release->name() / album.release->file(track).path, 0, 128);
    const Reading reading = read_file(*entry, album, track);
    BOOST_CHECK(reading.right);
    BOOST_CHECK((reading.missing == std::set{pieces_of(*album.release, track)[0]}));
    BOOST_CHECK(!entry->complete(track));
    BOOST_CHECK(told.has_lost(pieces_of(*album.release, track)[0]));
    // What is fetched instead goes into the cache; the library is not touched.
    store(*entry, album, pieces_of(*album.release, track)[0]);
    BOOST_CHECK(read_file(*entry, album, track).missing.empty());
    BOOST_CHECK(entry->complete(track));
  }
}

BOOST_AUTO_TEST_CASE(a_tag_editor_replaces_by_rename) {
  const TemporaryFolder folder, music;
  const Album album = make_album();
  kit::write_files(album.spec, music.path());
  const auto cache = open_cache(folder.path());
  BOOST_REQUIRE(cache->add_library(album.release, music.path()));
  const auto entry = cache->entry(album.release, "");
  const FileIndex track = album.track(0);
  const fs::path file = music.path() / album.release->name() / album.release->file(track).path;
  {
    const auto hold = entry->hold(track);
    BOOST_CHECK(read_file(*entry, album, track).missing.empty());
    fs::copy_file(file, music.path() / "new");
    overwrite(music.path() / "new", 40'000, 10);
    fs::rename(music.path() / "new", file);
    // The player goes on with the file that it has open.
    const Reading reading = read_file(*entry, album, track);
    BOOST_CHECK(reading.right && reading.missing.empty());
  }
  const Reading reading = read_file(*entry, album, track);
  BOOST_CHECK(reading.right);
  BOOST_CHECK((reading.missing == std::set{pieces_of(*album.release, track)[2]}));
}

BOOST_AUTO_TEST_CASE(marks_spare_the_second_verification) {
  // If every read verified the whole piece, neighbours' damage would show in reads beside it.
  const Stored stored;
  const Album& album = stored.album;
  const auto cache = open_cache(stored.folder.path());
  const auto entry = cache->entry(album.release, "");
  const FileIndex track = album.track(2);
  const PieceIndex piece = pieces_of(*album.release, track)[1];
  // Unfinished files are marked for as long as they are held: lose and hold one.
  overwrite(stored.file(2), 100'000, 1);
  BOOST_CHECK(!read_file(*entry, album, track).missing.empty());
  const auto hold = entry->hold(track);
  std::vector<std::byte> out(100);
  BOOST_CHECK_EQUAL(entry->read(track, 20'000, out), out.size());
  overwrite(stored.file(2), 30'000, 1); // same piece, other bytes
  BOOST_CHECK_EQUAL(entry->read(track, 20'000, out), out.size());
  BOOST_CHECK(entry->has(piece));
}

BOOST_AUTO_TEST_CASE(without_its_index_nothing_is_lost) {
  for (const bool garbage : {false, true}) {
    const Stored stored;
    const std::size_t pieces = stored.album.release->piece_count();
    BOOST_CHECK_EQUAL(rows_in_index(stored.folder.path(), stored.album), pieces);
    for (const char* name : {"index.sqlite", "index.sqlite-wal", "index.sqlite-shm"}) {
      if (garbage && fs::exists(stored.folder.path() / name))
        overwrite(stored.folder.path() / name, 0, 8192);
      else
        fs::remove(stored.folder.path() / name);
    }
    Told told;
    {
      const auto cache = open_cache(stored.folder.path(), &told);
      const auto entry = cache->entry(stored.album.release, "");
      for (int round = 0; round < 2; ++round) {
        for (const FileIndex track : stored.album.release->tracks()) {
          BOOST_CHECK(entry->complete(track));
          const Reading reading = read_file(*entry, stored.album, track);
          BOOST_CHECK(reading.right && reading.missing.empty());
        }
        settle(*cache);
      }
      BOOST_CHECK(entry->has(PieceIndex(0)));
      // The cover, too, is adopted once somebody looks at it.
      BOOST_CHECK(entry->has(PieceIndex(static_cast<std::uint32_t>(pieces) - 1)));
      settle(*cache);
    }
    BOOST_CHECK(told.warnings.empty());
    BOOST_CHECK_EQUAL(rows_in_index(stored.folder.path(), stored.album), pieces);
  }
}

BOOST_AUTO_TEST_CASE(what_no_hash_vouches_for_is_not_adopted) {
  // A process was killed in the middle of a piece: data, but not the piece's.
  const Stored stored;
  overwrite(stored.file(0), 20'000, 100);
  fs::remove(stored.folder.path() / "index.sqlite");
  const auto cache = open_cache(stored.folder.path());
  const auto entry = cache->entry(stored.album.release, "");
  static_cast<void>(entry->ranges(stored.album.track(0)));
  settle(*cache);
  BOOST_CHECK(!entry->has(pieces_of(*stored.album.release, stored.album.track(0))[1]));
  BOOST_CHECK(entry->has(pieces_of(*stored.album.release, stored.album.track(0))[2]));
  BOOST_CHECK(!entry->complete(stored.album.track(0)));
}

BOOST_AUTO_TEST_CASE(a_locked_index_holds_nobody_up) {
  const Stored stored;
  const Album more = make_album(2);
  sqlite3* other = nullptr;
  BOOST_REQUIRE_EQUAL(sqlite3_open((stored.folder.path() / "index.sqlite").c_str(), &other),
                      SQLITE_OK);
  BOOST_REQUIRE_EQUAL(sqlite3_exec(other, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE", nullptr,
                                   nullptr, nullptr),
                      SQLITE_OK);
  Told told;
  {
    const auto cache = open_cache(stored.folder.path(), &told);
    const auto entry = cache->entry(stored.album.release, "");
    BOOST_CHECK(entry->complete(stored.album.track(0)));
    BOOST_CHECK(read_file(*entry, stored.album, stored.album.track(0)).missing.empty());
    const auto new_entry = cache->entry(more.release, "");
    store_all(*new_entry, more);
    const Reading reading = read_file(*new_entry, more, more.track(0));
    BOOST_CHECK(reading.right && reading.missing.empty());
  }
  sqlite3_close(other);
  const auto cache = open_cache(stored.folder.path());
  const auto entry = cache->entry(more.release, "");
  settle(*cache);
  const Reading reading = read_file(*entry, more, more.track(0));
  BOOST_CHECK(reading.right && reading.missing.empty());
  BOOST_CHECK(told.warnings.empty());
}

BOOST_AUTO_TEST_CASE(pins_survive_a_broken_index) {
  const Stored stored;
  {
    const auto cache = open_cache(stored.folder.path());
    cache->store_metainfo("https://a/b.torrent", *stored.album.release,
                          {stored.album.metainfo, "", ""});
    BOOST_REQUIRE(cache->pin(hex(stored.album.release->id()), "01 Dawn.ogg", true));
  }
  // The table of pieces is damaged, the rest can be read.
  {
    sqlite3* db = nullptr;
    sqlite3_open((stored.folder.path() / "index.sqlite").c_str(), &db);
    sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", nullptr, nullptr, nullptr);
    int page = 0;
    sqlite3_exec(
        db, "SELECT rootpage FROM sqlite_master WHERE name='pieces'",
        [](void* out, int, char** values, char**) {
          *static_cast<int*>(out) = std::atoi(values[0]);
          return 0;
        },
        &page, nullptr);
    sqlite3_close(db);
    BOOST_REQUIRE(page > 1);
    overwrite(stored.folder.path() / "index.sqlite", static_cast<std::uint64_t>(page - 1) * 4096,
              4096);
  }
  const auto cache = open_cache(stored.folder.path());
  const auto entry = cache->entry(stored.album.release, "");
  settle(*cache);
  BOOST_CHECK(entry->complete(stored.album.track(0)));
  const auto list = cache->list();
  BOOST_REQUIRE(list && list.value().size() == 3);
  BOOST_CHECK(list.value()[0].pinned && !list.value()[1].pinned);
}

BOOST_AUTO_TEST_CASE(planted_links_and_fifos_are_refused) {
  const Stored stored;
  const TemporaryFolder elsewhere;
  Told told;
  const auto cache = open_cache(stored.folder.path(), &told);
  const auto entry = cache->entry(stored.album.release, "");
  fs::rename(stored.file(0), elsewhere.path() / "real");
  fs::create_symlink(elsewhere.path() / "real", stored.file(0));
  fs::remove(stored.file(1));
  BOOST_REQUIRE_EQUAL(mkfifo(stored.file(1).c_str(), 0600), 0);
  for (const std::size_t i : {0u, 1u}) {
    const FileIndex track = stored.album.track(i);
    BOOST_CHECK(!entry->complete(track));
    BOOST_CHECK_EQUAL(read_file(*entry, stored.album, track).bytes, 0u);
    store(*entry, stored.album, track);
    const Reading reading = read_file(*entry, stored.album, track);
    BOOST_CHECK(reading.right && reading.missing.empty()); // from memory
  }
  BOOST_CHECK_EQUAL(told.warned("can't be made"), 1u);
  // The same for a folder on the way.
  const Album other = make_album(2);
  fs::create_directories(elsewhere.path() / "trap");
  fs::create_directories(stored.folder.path() / "releases" / hex(other.release->id()));
  fs::create_directory_symlink(elsewhere.path() / "trap", stored.folder.path() / "releases" /
                                                              hex(other.release->id()) / "files");
  store_all(*cache->entry(other.release, ""), other);
  BOOST_CHECK(fs::is_empty(elsewhere.path() / "trap"));
}

BOOST_AUTO_TEST_CASE(before_its_layers_a_piece_is_kept_off_the_disk) {
  const TemporaryFolder folder;
  const Album album = make_album();
  // The info dictionary is whole before the piece layers come.
  const std::string text = kit::to_text(album.metainfo);
  const auto early =
      parse_metainfo_prefix(Bytes(album.metainfo).first(text.find("12:piece layers"))).value();
  BOOST_REQUIRE(early && !(*early)->layers_complete());
  const auto cache = open_cache(folder.path());
  const auto entry = cache->entry(*early, "");
  store(*entry, album, album.track(0));
  const Reading reading = read_file(*entry, album, album.track(0));
  BOOST_CHECK(reading.right && reading.missing.empty());
  BOOST_CHECK(!fs::exists(stored_file(folder.path(), album, album.track(0))));
  entry->set_release(album.release);
  settle(*cache);
  BOOST_CHECK(entry->complete(album.track(0)));
  BOOST_CHECK(fs::exists(stored_file(folder.path(), album, album.track(0))));
}

BOOST_AUTO_TEST_SUITE_END()
