// SPDX-License-Identifier: LGPL-2.1-or-later
// What is read from metainfo that libtorrent made.
#include "release/metainfo.h"

#include "kit/releases.h"
#include "release/bencode.h"
#include "release/web_seed.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> paths(const Release& release, const std::vector<FileIndex>& files) {
  std::vector<std::string> found;
  for (const FileIndex file : files)
    found.push_back(release.file(file).path);
  return found;
}

kit::ReleaseSpec album(kit::Format format) {
  kit::ReleaseSpec spec;
  spec.name = "Nocturnes \u00e9";
  spec.files = kit::small_album();
  spec.format = format;
  return spec;
}

ReleasePtr parse_text(const std::string& text) {
  auto release = parse_metainfo(std::as_bytes(std::span(text)));
  BOOST_REQUIRE_MESSAGE(release, (release ? "" : release.error().message));
  return *release;
}

} // namespace

BOOST_AUTO_TEST_SUITE(metainfo)

BOOST_AUTO_TEST_CASE(v1_files_lie_end_to_end) {
  const ReleasePtr release = kit::make_release(album(kit::Format::v1));
  BOOST_TEST(release->name() == "Nocturnes \u00e9");
  BOOST_TEST(!release->single_file());
  BOOST_TEST(release->size() == 70'000u + 16'384 + 5'000 + 40'000);
  BOOST_TEST(release->file(FileIndex(1)).path == "02 Ice.ogg");
  BOOST_TEST(release->file(FileIndex(1)).offset == 70'000u);
  BOOST_TEST(release->info_hash_v1().has_value());
  BOOST_TEST(!release->info_hash_v2());
  BOOST_TEST((release->id() == *release->info_hash_v1()));
  BOOST_TEST(release->layers_complete());
}

BOOST_AUTO_TEST_CASE(v2_files_start_on_pieces) {
  const ReleasePtr release = kit::make_release(album(kit::Format::v2));
  BOOST_TEST(release->file(FileIndex(0)).path == "01 Moss.ogg");
  BOOST_TEST(release->file(FileIndex(1)).offset == 5u * 16'384);
  BOOST_TEST(release->file(FileIndex(2)).offset == 6u * 16'384);
  BOOST_TEST(release->file(FileIndex(3)).offset == 7u * 16'384);
  BOOST_TEST(release->size() == 7u * 16'384 + 40'000);
  BOOST_TEST(release->piece_count() == 10u);
  BOOST_TEST(!release->info_hash_v1());
  BOOST_TEST(hex(release->id()) == hex(*release->info_hash_v2()).substr(0, 40));
}

BOOST_AUTO_TEST_CASE(a_hybrid_is_both_with_pads_between) {
  const ReleasePtr hybrid = kit::make_release(album(kit::Format::hybrid));
  const ReleasePtr v2 = kit::make_release(album(kit::Format::v2));
  BOOST_TEST(hybrid->size() == v2->size());
  BOOST_TEST((hybrid->id() == *hybrid->info_hash_v1()));
  BOOST_TEST(hybrid->info_hash_v2().has_value());
  std::size_t pads = 0;
  for (const ReleaseFile& file : hybrid->files()) {
    pads += file.pad ? 1u : 0u;
    if (file.pad || file.length == 0)
      continue;
    const auto same = v2->find(file.path);
    BOOST_REQUIRE(same);
    BOOST_TEST(file.offset == v2->file(*same).offset);
  }
  BOOST_TEST(pads == 2u); // Moss and Tide end within a piece; no pad follows the last file
}

BOOST_AUTO_TEST_CASE(tracks_play_folder_by_folder) {
  kit::ReleaseSpec spec;
  for (const char* path : {"b.ogg", "a/2.FLAC", "a/1.mp3", "a b.opus", "cover.jpg", "B.m4a",
                           "noext", "ogg", ".ogg/readme"})
    spec.files[path] = kit::random_content(1, 10);
  spec.files["a/0 empty.ogg"] = {};
  const ReleasePtr release = kit::make_release(spec);
  BOOST_TEST((paths(*release, release->tracks()) ==
              std::vector<std::string>{"B.m4a", "a/1.mp3", "a/2.FLAC", "a b.opus", "b.ogg"}));
  const auto first = release->find("a/1.mp3");
  BOOST_REQUIRE(first);
  BOOST_TEST(release->file(*release->next_track(*first)).path == "a/2.FLAC");
  BOOST_TEST(!release->next_track(*release->find("b.ogg")));
  BOOST_TEST(!release->next_track(*release->find("cover.jpg")));
  BOOST_TEST(!release->find("a"));
  BOOST_TEST(!release->find(""));
  BOOST_TEST(!release->find("a/1.MP3"));
}

BOOST_AUTO_TEST_CASE(pads_of_one_length_may_share_a_path_and_are_not_found) {
  kit::ReleaseSpec spec;
  for (const char* path : {"a.ogg", "b.ogg", "c.ogg"})
    spec.files[path] = kit::random_content(1, 1000);
  const ReleasePtr release = kit::make_release(spec);
  for (const ReleaseFile& file : release->files()) {
    if (!file.pad)
      continue;
    BOOST_TEST(!release->find(file.path));
    BOOST_TEST(!file.track);
  }
}

BOOST_AUTO_TEST_CASE(a_single_file_is_named_as_the_release) {
  for (const kit::Format format : {kit::Format::v1, kit::Format::v2, kit::Format::hybrid}) {
    kit::ReleaseSpec spec;
    spec.name = "song.ogg";
    spec.single_file = true;
    spec.files = {{"song.ogg", kit::random_content(1, 40'000)}};
    spec.format = format;
    const ReleasePtr release = kit::make_release(spec);
    BOOST_TEST(release->single_file());
    BOOST_TEST(paths(*release, release->tracks()) == std::vector<std::string>{"song.ogg"});
    BOOST_TEST(release->size() == 40'000u);
  }
}

BOOST_AUTO_TEST_CASE(servers_trackers_and_durations) {
  kit::ReleaseSpec spec = album(kit::Format::hybrid);
  spec.web_seeds = {"https://a/music/", "ftp://b/",         "http://c/x?t=1",
                    "https:///nohost",  "https://a/music/", "http://with space/"};
  spec.trackers = {{"wss://t1", "udp://t2:1"}, {"https://t3/announce"}};
  spec.durations = {{"02 Ice.ogg", 83'500ms}, {"not here.ogg", 1ms}};
  const ReleasePtr release = kit::make_release(spec);
  BOOST_TEST(
      (release->web_seeds() == std::vector<std::string>{"https://a/music/", "http://c/x?t=1"}));
  BOOST_TEST((release->trackers() == spec.trackers));
  BOOST_TEST((release->file(*release->find("02 Ice.ogg")).duration.value() == 83'500ms));
  BOOST_TEST(!release->file(*release->find("01 Moss.ogg")).duration.has_value());

  spec.web_seeds = {"http://one/"};
  BOOST_TEST(kit::make_release(spec)->web_seeds() == std::vector<std::string>{"http://one/"});
}

BOOST_AUTO_TEST_CASE(one_announce_is_one_tier) {
  const std::string info = bencode::dict({{"length", bencode::num(1)},
                                          {"name", bencode::str("a.ogg")},
                                          {"piece length", bencode::num(16384)},
                                          {"pieces", bencode::str(std::string(20, 'h'))}});
  const ReleasePtr release =
      parse_text(bencode::dict({{"announce", bencode::str("wss://t")}, {"info", info}}));
  BOOST_TEST((release->trackers() == std::vector<std::vector<std::string>>{{"wss://t"}}));
  BOOST_TEST(hex(release->id()) == hex(sha1(std::as_bytes(std::span(info)))));
}

BOOST_AUTO_TEST_CASE(a_prefix_yields_the_release_as_soon_as_info_is_whole) {
  for (const kit::Format format : {kit::Format::v1, kit::Format::v2, kit::Format::hybrid}) {
    kit::ReleaseSpec spec = album(format);
    spec.trackers = {{"wss://t"}};
    spec.web_seeds = {"http://s/"};
    const kit::Content whole = kit::make_metainfo(spec);
    const ReleasePtr release = *parse_metainfo(whole);
    std::size_t first = 0;
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      auto early = parse_metainfo_prefix(Bytes(whole).first(size));
      BOOST_REQUIRE_MESSAGE(early, (early ? "" : early.error().message));
      if (!early->has_value()) {
        BOOST_TEST(first == 0u);
        continue;
      }
      if (first == 0)
        first = size;
      BOOST_TEST(((**early)->id() == release->id()));
      BOOST_TEST((**early)->files().size() == release->files().size());
      BOOST_TEST((**early)->piece_count() == release->piece_count());
      BOOST_TEST((**early)->layers_complete() == (format == kit::Format::v1));
    }
    // The info dictionary ends with the first byte that makes it whole.
    BOOST_REQUIRE(first > 0u);
    BOOST_TEST(kit::to_text(whole)[first - 1] == 'e');
    BOOST_TEST(first < whole.size());
  }
}

BOOST_AUTO_TEST_CASE(a_prefix_that_cant_become_valid_is_refused_at_once) {
  for (const std::string& text :
       {std::string("<html>"), std::string("d4:infol"), std::string("d4:infod4:name2:..e"),
        std::string("dx"), std::string("d4:name1:a"), std::string("d8:announcei-ee"),
        std::string("d99999999999:"), "d4:info" + std::string(40, 'l')}) {
    const auto early = parse_metainfo_prefix(std::as_bytes(std::span(text)));
    BOOST_TEST(!early, text);
  }
}

BOOST_AUTO_TEST_CASE(a_web_seed_url_is_what_bep_19_says) {
  kit::ReleaseSpec spec;
  spec.name = "My Album";
  spec.files = {{"CD 1/50% #1.ogg", kit::random_content(1, 10)}};
  const ReleasePtr album = kit::make_release(spec);
  const FileIndex track = album->tracks().front();
  BOOST_TEST(web_seed_url("http://h/m/", *album, track) ==
             "http://h/m/My%20Album/CD%201/50%25%20%231.ogg");
  BOOST_TEST(web_seed_url("http://h/m", *album, track) ==
             "http://h/m/My%20Album/CD%201/50%25%20%231.ogg");
  BOOST_TEST(web_seed_url("http://h?t=x/", *album, track) ==
             "http://h/My%20Album/CD%201/50%25%20%231.ogg?t=x/");

  spec.name = "a b.ogg";
  spec.files = {{"a b.ogg", kit::random_content(1, 10)}};
  spec.single_file = true;
  const ReleasePtr song = kit::make_release(spec);
  BOOST_TEST(web_seed_url("http://h/m/", *song, FileIndex(0)) == "http://h/m/a%20b.ogg");
  BOOST_TEST(web_seed_url("http://h/x.ogg?t=1", *song, FileIndex(0)) == "http://h/x.ogg?t=1");

  BOOST_TEST(web_seed_beside("https://h/m/a.torrent?t=x/y") == "https://h/m/?t=x/y");
  BOOST_TEST(web_seed_url(web_seed_beside("file:///m/a.torrent"), *song, FileIndex(0)) ==
             "file:///m/a%20b.ogg");
}

BOOST_AUTO_TEST_SUITE_END()
