// SPDX-License-Identifier: LGPL-2.1-or-later
// What goes in comes out, at once and in later processes.
#include "cache/fixture.h"

#include <boost/test/unit_test.hpp>
#include <fstream>

using namespace triad;
using namespace triad::cache_test;

namespace {

const auto formats = {kit::Format::v1, kit::Format::v2, kit::Format::hybrid};

CachedMetainfo some_metainfo(const Album& album, const std::string& etag = "\"e1\"") {
  return {album.metainfo, etag, "Tue, 01 Jul 2025 10:00:00 GMT"};
}

} // namespace

BOOST_AUTO_TEST_SUITE(cache)

BOOST_AUTO_TEST_CASE(what_was_stored_is_read) {
  for (const kit::Format format : formats) {
    const TemporaryFolder folder;
    const Album album = make_album(1, format);
    {
      const auto cache = open_cache(folder.path());
      const auto entry = cache->entry(album.release, "");
      for (PieceIndex piece; piece.value() < album.release->piece_count(); ++piece)
        BOOST_CHECK(!entry->has(piece));
      BOOST_CHECK(!entry->complete(album.track(0)));
      store_all(*entry, album);
      for (const FileIndex track : album.release->tracks()) {
        BOOST_CHECK(entry->complete(track));
        const Reading reading = read_file(*entry, album, track);
        BOOST_CHECK(reading.right);
        BOOST_CHECK_EQUAL(reading.bytes, album.bytes(track).size());
      }
    }
    // A later process, before its index is open and after.
    const auto cache = open_cache(folder.path());
    const auto entry = cache->entry(album.release, "");
    for (int round = 0; round < 2; ++round) {
      for (const FileIndex track : album.release->tracks()) {
        BOOST_CHECK(entry->complete(track));
        const Reading reading = read_file(*entry, album, track, 4096);
        BOOST_CHECK(reading.right);
        BOOST_CHECK_EQUAL(reading.bytes, album.bytes(track).size());
      }
      settle(*cache);
    }
  }
}

BOOST_AUTO_TEST_CASE(finished_tracks_are_ordinary_files) {
  for (const bool single : {false, true}) {
    const TemporaryFolder folder;
    const Album album = make_album(1, kit::Format::hybrid, single);
    const auto cache = open_cache(folder.path());
    store_all(*cache->entry(album.release, ""), album);
    for (const FileIndex track : album.release->tracks()) {
      std::ifstream file(stored_file(folder.path(), album, track), std::ios::binary);
      const std::string text((std::istreambuf_iterator<char>(file)), {});
      BOOST_CHECK(text == kit::to_text(album.bytes(track)));
    }
  }
}

BOOST_AUTO_TEST_CASE(reads_stop_at_gaps) {
  const TemporaryFolder folder;
  const Album album = make_album();
  const auto cache = open_cache(folder.path());
  const auto entry = cache->entry(album.release, "");
  const FileIndex track = album.track(1);
  const auto pieces = pieces_of(*album.release, track);
  store(*entry, album, pieces[0]);
  store(*entry, album, pieces[1]);
  store(*entry, album, pieces[3]);
  const std::uint64_t length = album.release->piece_length();
  std::vector<std::byte> out(10 * length);
  BOOST_CHECK_EQUAL(entry->read(track, 100, out), 2 * length - 100);
  BOOST_CHECK_EQUAL(entry->read(track, 2 * length, out), 0u);
  BOOST_CHECK_EQUAL(entry->read(track, 3 * length + 7, out), length - 7);
  const std::vector<ByteRange> want = {{0, 2 * length}, {3 * length, 4 * length}};
  BOOST_CHECK(entry->ranges(track) == want);
  BOOST_CHECK(!entry->complete(track));
  BOOST_CHECK_EQUAL(entry->read(track, album.bytes(track).size(), out), 0u);

  // The same by a later process: holes and index agree.
  const auto later = open_cache(folder.path());
  const auto same = later->entry(album.release, "");
  for (int round = 0; round < 2; ++round) {
    BOOST_CHECK(same->ranges(track) == want);
    BOOST_CHECK(same->has(pieces[3]) && !same->has(pieces[2]));
    BOOST_CHECK(!same->complete(track));
    settle(*later);
  }
}

BOOST_AUTO_TEST_CASE(one_entry_for_a_release) {
  const TemporaryFolder folder;
  const Album album = make_album();
  const auto cache = open_cache(folder.path());
  const auto entry = cache->entry(album.release, "");
  BOOST_CHECK(cache->entry(kit::make_release(album.spec), "") == entry);
}

BOOST_AUTO_TEST_CASE(metainfo_by_its_url) {
  const TemporaryFolder folder;
  const Album album = make_album();
  const std::string url = "https://music.example.org/Album%201.torrent?key=secret";
  {
    const auto cache = open_cache(folder.path());
    BOOST_CHECK(!cache->find_metainfo(url));
    cache->store_metainfo(url, *album.release, some_metainfo(album, "\"old\""));
    cache->store_metainfo(url, *album.release, some_metainfo(album));
    cache->store_metainfo("https://other.example.org/x.torrent", *album.release,
                          {kit::to_content("other servers"), "", ""});
  }
  const auto cache = open_cache(folder.path());
  const auto found = cache->find_metainfo(url);
  BOOST_REQUIRE(found);
  BOOST_CHECK(found->bytes == album.metainfo);
  BOOST_CHECK_EQUAL(found->etag, "\"e1\"");
  BOOST_CHECK_EQUAL(found->last_modified, "Tue, 01 Jul 2025 10:00:00 GMT");
  BOOST_CHECK(cache->find_metainfo("https://other.example.org/x.torrent"));
  BOOST_CHECK(!cache->find_metainfo("https://music.example.org/Album%201.torrent"));
  // No name and no file tells the URL.
  for (const auto& [path, bytes] : kit::read_folder(folder.path()))
    BOOST_CHECK(path.find("secret") == std::string::npos &&
                (path.ends_with(".torrent") || path.starts_with("index") ||
                 kit::to_text(bytes).find("secret") == std::string::npos));
}

BOOST_AUTO_TEST_CASE(damaged_metainfo_is_none) {
  const TemporaryFolder folder;
  const Album album = make_album();
  const auto cache = open_cache(folder.path());
  cache->store_metainfo("https://a/b.torrent", *album.release, some_metainfo(album));
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder.path()))
    if (file.path().extension() == ".torrent")
      overwrite(file.path(), 40, 1);
  BOOST_CHECK(!cache->find_metainfo("https://a/b.torrent"));
}

BOOST_AUTO_TEST_CASE(in_memory_only) {
  const TemporaryFolder folder;
  const Album album = make_album();
  CacheOptions options;
  options.folder = folder.path();
  options.memory_only = true;
  const auto cache = Cache::open(options);
  const auto entry = cache->entry(album.release, "triad://a/b.torrent");
  const auto hold = entry->hold(album.track(0));
  entry->touch(album.track(0));
  store_all(*entry, album);
  cache->store_metainfo("https://a/b.torrent", *album.release, some_metainfo(album));
  BOOST_CHECK(cache->find_metainfo("https://a/b.torrent"));
  const Reading reading = read_file(*entry, album, album.track(1));
  BOOST_CHECK(reading.right && reading.missing.empty());
  BOOST_CHECK(!entry->complete(album.track(1))); // memory may be wanted for others
  BOOST_CHECK(cache->list() && cache->list().value().empty());
  BOOST_CHECK(std::filesystem::is_empty(folder.path()));
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_and_what_goes_is_told) {
  kit::ReleaseSpec spec;
  spec.name = "long.flac";
  spec.single_file = true;
  spec.piece_length = 4 << 20;
  spec.files["long.flac"] = kit::random_content(5, 72 << 20);
  Album album{spec, kit::make_metainfo(spec), kit::make_release(spec)};
  Told told;
  CacheOptions options;
  options.memory_only = true;
  const auto entry = Cache::open(options)->entry(album.release, "");
  entry->on_lost([&](PieceIndex piece) { told.lost.insert(piece); });
  store_all(*entry, album);
  // 18 pieces of 4 MiB, 16 of which fit into 64 MiB: the oldest two went.
  BOOST_CHECK((told.lost == std::set{PieceIndex(0), PieceIndex(1)}));
  BOOST_CHECK(!entry->has(PieceIndex(1)) && entry->has(PieceIndex(2)));
}

BOOST_AUTO_TEST_CASE(a_library_is_served_in_place) {
  for (const kit::Format format : formats) {
    const TemporaryFolder folder, music;
    const Album album = make_album(1, format);
    kit::write_files(album.spec, music.path());
    const auto cache = open_cache(folder.path());
    BOOST_REQUIRE(cache->add_library(album.release, music.path()));
    const auto entry = cache->entry(album.release, "");
    for (const FileIndex track : album.release->tracks()) {
      BOOST_CHECK(entry->complete(track));
      const Reading reading = read_file(*entry, album, track);
      BOOST_CHECK(reading.right && reading.missing.empty());
    }
    store_all(*entry, album);
    BOOST_CHECK(!std::filesystem::exists(folder.path() / "releases"));
  }
}

BOOST_AUTO_TEST_CASE(a_library_may_come_late_or_not_be_there) {
  const TemporaryFolder folder, music;
  const Album album = make_album();
  kit::write_files(album.spec, music.path());
  const auto cache = open_cache(folder.path());
  const auto entry = cache->entry(album.release, "");
  BOOST_CHECK(!entry->complete(album.track(0)));
  BOOST_CHECK(!cache->add_library(album.release, music.path() / "nowhere"));
  BOOST_REQUIRE(cache->add_library(album.release, music.path()));
  BOOST_CHECK(entry->complete(album.track(0)));
}

BOOST_AUTO_TEST_CASE(listed_pinned_verified) {
  const TemporaryFolder folder;
  const Album album = make_album();
  const auto cache = open_cache(folder.path());
  cache->store_metainfo("https://a.example/b.torrent", *album.release, some_metainfo(album));
  const auto entry = cache->entry(album.release, "triad://a.example/b.torrent");
  store(*entry, album, album.track(0));
  store(*entry, album, pieces_of(*album.release, album.track(1))[0]);
  const std::string id = hex(album.release->id());

  BOOST_CHECK(!cache->pin("00", "x", true));
  BOOST_CHECK(!cache->pin(id, "no such track.ogg", true));
  BOOST_REQUIRE(cache->pin(id, "01 Dawn.ogg", true));
  const auto list = cache->list();
  BOOST_REQUIRE(list);
  BOOST_REQUIRE_EQUAL(list.value().size(), 2u);
  const CachedTrack& first = list.value()[0];
  BOOST_CHECK_EQUAL(first.release_id, id);
  BOOST_CHECK_EQUAL(first.release_name, "Album 1");
  BOOST_CHECK_EQUAL(first.path, "01 Dawn.ogg");
  BOOST_CHECK_EQUAL(first.uri, "triad://a.example/b.torrent/01%20Dawn.ogg");
  BOOST_CHECK_EQUAL(first.length, 150'000u);
  BOOST_CHECK_EQUAL(first.cached, 150'000u);
  BOOST_CHECK(first.pinned && first.complete && first.last_used > 1'700'000'000);
  BOOST_CHECK(first.file == stored_file(folder.path(), album, album.track(0)));
  const CachedTrack& second = list.value()[1];
  BOOST_CHECK_EQUAL(second.cached, album.release->piece_length());
  BOOST_CHECK(!second.pinned && !second.complete);

  const auto good = cache->verify();
  BOOST_REQUIRE(good);
  BOOST_CHECK_EQUAL(good.value().good_pieces, pieces_of(*album.release, album.track(0)).size() + 1);
  BOOST_CHECK_EQUAL(good.value().bad_pieces, 0u);
  overwrite(first.file, 20'000, 3);
  const auto bad = cache->verify();
  BOOST_REQUIRE(bad);
  BOOST_CHECK_EQUAL(bad.value().bad_pieces, 1u);
  BOOST_CHECK(!entry->has(pieces_of(*album.release, album.track(0))[1]));
  BOOST_CHECK(!entry->complete(album.track(0)));
}

BOOST_AUTO_TEST_CASE(releases_of_which_something_is_here) {
  const TemporaryFolder folder;
  const Album played = make_album(1), only_opened = make_album(2);
  const auto cache = open_cache(folder.path());
  for (const Album* album : {&played, &only_opened})
    cache->store_metainfo("https://a.example/" + album->spec.name + ".torrent", *album->release,
                          some_metainfo(*album));
  const auto entry = cache->entry(played.release, "");
  store(*entry, played, played.track(0));
  store(*entry, played, played.track(1));
  settle(*cache);

  auto releases = cache->releases();
  BOOST_REQUIRE_EQUAL(releases.size(), 1u);
  BOOST_CHECK(releases[0].release->id() == played.release->id());
  BOOST_CHECK(releases[0].metainfo == played.metainfo);
  BOOST_CHECK(!releases[0].pinned);
  BOOST_CHECK_GT(releases[0].last_used, 1'700'000'000);
  BOOST_CHECK(!releases[0].credentials);
  CachedMetainfo own = some_metainfo(played);
  own.credentials = true;
  cache->store_metainfo("https://a.example/mine.torrent", *played.release, own);
  settle(*cache);
  BOOST_CHECK(cache->find_metainfo("https://a.example/mine.torrent")->credentials);
  releases = cache->releases();
  BOOST_REQUIRE_EQUAL(releases.size(), 1u);
  BOOST_CHECK(releases[0].credentials);
  BOOST_REQUIRE(cache->pin(hex(played.release->id()), "01 Dawn.ogg", true));
  releases = cache->releases();
  BOOST_REQUIRE_EQUAL(releases.size(), 1u);
  BOOST_CHECK(releases[0].pinned);
}

BOOST_AUTO_TEST_CASE(a_months_uploads_are_counted_for_all_who_share_the_folder) {
  constexpr std::uint64_t much = 10'000'000;
  const TemporaryFolder folder;
  {
    const auto one = open_cache(folder.path());
    BOOST_CHECK_EQUAL(one->count_uploaded(202611, 1000), 1000u);
    BOOST_CHECK_EQUAL(one->count_uploaded(202611, much), much + 1000);
    BOOST_CHECK_EQUAL(one->count_uploaded(202611, 5), much + 1005); // written at the end
  }
  const auto one = open_cache(folder.path()), two = open_cache(folder.path());
  (void)one->count_uploaded(202611, 0);
  settle(*one);
  BOOST_CHECK_EQUAL(one->count_uploaded(202611, 0), much + 1005);
  (void)two->count_uploaded(202611, much);
  settle(*two);
  BOOST_CHECK_EQUAL(two->count_uploaded(202611, 0), 2 * much + 1005);
  (void)one->count_uploaded(202611, much); // learns of the other's as it writes its own
  settle(*one);
  BOOST_CHECK_EQUAL(one->count_uploaded(202611, 0), 3 * much + 1005);
  BOOST_CHECK_EQUAL(one->count_uploaded(202612, 7), 7u); // another month
  settle(*one);
  BOOST_CHECK_EQUAL(one->count_uploaded(202611, 0), 0u); // not known yet
  settle(*one);
  BOOST_CHECK_EQUAL(one->count_uploaded(202611, 0), 3 * much + 1005);
}

BOOST_AUTO_TEST_SUITE_END()
