// SPDX-License-Identifier: LGPL-2.1-or-later
// triad publish: what goes into a release, what does not, and what is refused.
#include "fixture.h"
#include "kit/media.h"
#include "release/metainfo.h"
#include "triad/release_writer.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace triad;
using triad::test::Home;
using triad::test::slurp;
using triad::test::Words;

namespace {

ReleasePtr read_release(const std::filesystem::path& file) {
  const std::string text = slurp(file);
  auto release = parse_metainfo(std::as_bytes(std::span(text)));
  BOOST_REQUIRE_MESSAGE(release, (release ? "" : release.error().message));
  return *release;
}

Words paths(const Release& release, bool pads = false) {
  Words found;
  for (const ReleaseFile& file : release.files()) {
    if (file.pad == pads) {
      found.push_back(file.path);
    }
  }
  return found;
}

// Every piece, put together from the files on disk, against the release's hashes.
void check_hashes(const Release& release, const std::filesystem::path& folder) {
  for (PieceIndex piece; piece.value() < release.piece_count(); ++piece) {
    std::vector<std::byte> bytes(release.piece_range(piece).size());
    for (const FileSegment& segment : release.segments(release.piece_range(piece))) {
      const ReleaseFile& file = release.file(segment.file);
      if (file.pad) {
        continue;
      }
      const std::string text = slurp(release.single_file() ? folder : folder / file.path);
      std::transform(text.begin() + static_cast<std::ptrdiff_t>(segment.range.begin),
                     text.begin() + static_cast<std::ptrdiff_t>(segment.range.end),
                     bytes.begin() + static_cast<std::ptrdiff_t>(segment.offset_in_span),
                     [](char c) { return static_cast<std::byte>(c); });
    }
    BOOST_TEST((release.verify(piece, bytes) == Release::Verdict::good), piece.value());
  }
}

std::string noise(std::size_t size) {
  std::string text(size, '\0');
  unsigned value = 1;
  for (char& c : text) {
    value = value * 1664525 + 1013904223;
    c = static_cast<char>(value >> 24);
  }
  return text;
}

void write_album(const Home& home) {
  home.write("Album/02 b.ogg", noise(40'000));
  home.write("Album/01 a.ogg", noise(16'384));
  home.write("Album/CD 2/\xc3\xa4 #1?.flac", noise(70'001));
  home.write("Album/cover.jpg", noise(5));
  home.write("Album/empty.txt", "");
}

} // namespace

BOOST_AUTO_TEST_SUITE(publish)

BOOST_AUTO_TEST_CASE(piece_lengths) {
  BOOST_TEST(tool::piece_length_for(0) == 16384);
  BOOST_TEST(tool::piece_length_for(1'000'000) == 16384);
  BOOST_TEST(tool::piece_length_for(60'000'000) == 65536);       // ideal 55,857
  BOOST_TEST(tool::piece_length_for(500'000'000) == 131072);     // ideal 161,245
  BOOST_TEST(tool::piece_length_for(10'000'000'000) == 524288);  // ideal 721,110
  BOOST_TEST(tool::piece_length_for(11'000'000'000) == 1048576); // ideal 756,307
  BOOST_TEST(tool::piece_length_for(UINT64_MAX) == 134217728);
}

BOOST_AUTO_TEST_CASE(an_album) {
  const Home home;
  write_album(home);
  const auto run =
      test::triad(home, {"publish", "Album", "--server", "https://music.example.org/x", "--tracker",
                         "wss://t.example.org", "--tracker", "udp://u.example.org:6969"});
  BOOST_TEST(run.code == 0);
  const Words expected = {
      "triad://music.example.org/x/Album.torrent/01%20a.ogg",
      "triad://music.example.org/x/Album.torrent/02%20b.ogg",
      "triad://music.example.org/x/Album.torrent/CD%202/%C3%A4%20%231%3F.flac",
  };
  BOOST_TEST(run.lines() == expected, boost::test_tools::per_element());
  const ReleasePtr release = read_release(home / "Album.torrent");
  BOOST_TEST(release->name() == "Album");
  BOOST_TEST(release->piece_length() == 16384);
  BOOST_TEST((release->info_hash_v1() && release->info_hash_v2()));
  BOOST_TEST(release->layers_complete());
  BOOST_TEST(release->web_seeds() == Words{"https://music.example.org/x/"});
  const std::vector<Words> trackers = {{"wss://t.example.org"}, {"udp://u.example.org:6969"}};
  BOOST_TEST((release->trackers() == trackers));
  BOOST_TEST(!release->files().back().pad); // no pad follows the last file
  BOOST_TEST(paths(*release, true).size() >= 2);
  check_hashes(*release, home / "Album");
}

BOOST_AUTO_TEST_CASE(the_same_files_give_the_same_bytes) {
  const Home home;
  write_album(home);
  const Words command = {"publish", "Album/", "--server", "http://h"};
  BOOST_TEST(test::triad(home, command).code == 0);
  const std::string first = slurp(home / "Album.torrent");
  BOOST_TEST(test::triad(home, command).code == 0);
  BOOST_TEST((slurp(home / "Album.torrent") == first));
}

BOOST_AUTO_TEST_CASE(a_single_file) {
  const Home home;
  home.write("song.ogg", noise(100'000));
  const auto run = test::triad(home, {"publish", "song.ogg", "--server", "http://h:81/x/"});
  BOOST_TEST(run.code == 0);
  BOOST_TEST(run.out == "triad+http://h:81/x/song.ogg.torrent/song.ogg\n");
  const ReleasePtr release = read_release(home / "song.ogg.torrent");
  BOOST_TEST(release->single_file());
  BOOST_TEST(release->web_seeds() == Words{"http://h:81/x/song.ogg"});
  check_hashes(*release, home / "song.ogg");
}

BOOST_AUTO_TEST_CASE(durations_of_what_can_be_decoded) {
  const Home home;
  std::filesystem::create_directory(home / "Album");
  const Words names = triad::test::make_album(home / "Album", 2);
  home.write("Album/zz.mp3", "no sound at all");
  const auto run = test::triad(home, {"publish", "Album", "--server", "https://h"});
  BOOST_TEST(run.code == 0);
  BOOST_TEST(run.lines().size() == names.size() + 1);
  BOOST_TEST(run.err.find("'zz.mp3'") != std::string::npos);
  const ReleasePtr release = read_release(home / "Album.torrent");
  for (const FileIndex track : release->tracks()) {
    const ReleaseFile& file = release->file(track);
    BOOST_TEST(file.duration.has_value() == (file.path != "zz.mp3"), file.path);
    if (file.duration) {
      BOOST_TEST(std::abs(static_cast<double>(file.duration->count()) / 1e9 - 2) < 0.15, file.path);
    }
  }
}

BOOST_AUTO_TEST_CASE(dot_files_and_links_that_leave_are_left_out) {
  const Home home;
  write_album(home);
  home.write("outside/secret.ogg", "secret");
  home.write("Album/.hidden.ogg", "hidden");
  home.write("Album/.git/x.ogg", "hidden");
  std::filesystem::create_symlink(home / "outside/secret.ogg", home / "Album/link.ogg");
  std::filesystem::create_symlink("../outside", home / "Album/folder");
  std::filesystem::create_symlink("nowhere", home / "Album/broken.ogg");
  std::filesystem::create_symlink("01 a.ogg", home / "Album/inside.ogg");
  std::filesystem::create_symlink("..", home / "Album/CD 2/up");
  const auto run = test::triad(home, {"publish", "Album", "--server", "https://h"});
  BOOST_TEST(run.code == 0);
  const Words found = paths(*read_release(home / "Album.torrent"));
  const Words expected = {"01 a.ogg",  "02 b.ogg",  "CD 2/\xc3\xa4 #1?.flac",
                          "cover.jpg", "empty.txt", "inside.ogg"};
  BOOST_TEST(found == expected, boost::test_tools::per_element());
  for (const char* name : {"link.ogg", "folder", "broken.ogg", "CD 2/up"}) {
    BOOST_TEST(run.err.find(std::string("'") + name + "' is left out") != std::string::npos, name);
  }
}

BOOST_AUTO_TEST_CASE(metainfo_in_the_folder_is_left_out) {
  const Home home;
  write_album(home);
  BOOST_TEST(test::triad(home, {"publish", "Album", "--server", "https://h"}).code == 0);
  const Sha1 id = read_release(home / "Album.torrent")->id();
  BOOST_TEST(test::triad(home, {"publish", "Album/02 b.ogg", "--server", "https://h/Album"}).code ==
             0);
  BOOST_TEST(std::filesystem::exists(home / "Album/02 b.ogg.torrent"));
  const auto run = test::triad(home, {"publish", "Album", "--server", "https://h"});
  BOOST_TEST(run.err.find("'02 b.ogg.torrent' is left out") != std::string::npos, run.err);
  BOOST_TEST((read_release(home / "Album.torrent")->id() == id));
}

BOOST_AUTO_TEST_CASE(pads_and_output) {
  const Home home;
  write_album(home);
  const auto run = test::triad(
      home, {"publish", "Album", "--server", "https://h", "--pads", "--output", "other.torrent"});
  BOOST_TEST(run.code == 0);
  BOOST_TEST(!std::filesystem::exists(home / "Album.torrent"));
  const ReleasePtr release = read_release(home / "other.torrent");
  std::size_t pads = 0;
  for (const ReleaseFile& file : release->files()) {
    if (file.pad) {
      const std::string name = "Album/.pad/" + std::to_string(file.length);
      BOOST_TEST(slurp(home / name) == std::string(file.length, '\0'));
      ++pads;
    }
  }
  BOOST_TEST(pads > 0);
  // They are no part of the release when it is published again.
  BOOST_TEST(test::triad(home, {"publish", "Album", "--server", "https://h"}).code == 0);
  BOOST_TEST((read_release(home / "Album.torrent")->id() == release->id()));
}

BOOST_AUTO_TEST_CASE(names_that_no_player_would_accept) {
  for (const char* name : {"x\xff.ogg", "x\\y.ogg", "x\ny.ogg", "x\xe2\x80\xae.ogg"}) {
    const Home home;
    write_album(home);
    home.write(std::string("Album/") + name, "x");
    const auto run = test::triad(home, {"publish", "Album", "--server", "https://h"});
    BOOST_TEST(run.code == 1);
    BOOST_TEST(run.out.empty());
    BOOST_TEST(run.err.find("rename it") != std::string::npos);
    BOOST_TEST(!std::filesystem::exists(home / "Album.torrent"));
  }
}

BOOST_AUTO_TEST_CASE(what_can_not_be_published) {
  const Home home;
  home.write("text/readme.txt", "no music");
  home.write("empty/x.ogg", "");
  home.write("Album/x.ogg", "x");
  const auto fails = [&](const Words& words, const std::string& reason) {
    const auto run = test::triad(home, words);
    BOOST_TEST(run.code == 1, words[1]);
    BOOST_TEST(run.out.empty());
    BOOST_TEST(run.err.find(reason) != std::string::npos, run.err);
  };
  fails({"publish", "text", "--server", "https://h"}, "no audio file");
  fails({"publish", "empty", "--server", "https://h"}, "nothing to publish");
  fails({"publish", "missing", "--server", "https://h"}, "'missing'");
  fails({"publish", "Album", "--server", "https://h", "--output", "no/folder/x.torrent"},
        "'no/folder/x.torrent'");
}

BOOST_AUTO_TEST_CASE(a_broken_attempt_leaves_what_was_there) {
  const Home home;
  write_album(home);
  BOOST_TEST(test::triad(home, {"publish", "Album", "--server", "https://h"}).code == 0);
  const std::string before = slurp(home / "Album.torrent");
  home.write("Album/x\xff.ogg", "x");
  BOOST_TEST(test::triad(home, {"publish", "Album", "--server", "https://h"}).code == 1);
  BOOST_TEST((slurp(home / "Album.torrent") == before));
}

BOOST_AUTO_TEST_SUITE_END()
