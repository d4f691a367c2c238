// SPDX-License-Identifier: LGPL-2.1-or-later
// What may go wrong, and what readers then see.
#include "node/album_fixture.h"

#include "release/uri.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <thread>

using namespace triad;
using namespace triad::test;
using namespace std::chrono_literals;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(faults, AlbumFixture)

BOOST_AUTO_TEST_CASE(a_bad_uri_is_an_error_at_once) {
  for (const std::string bad : {"triad://", "http://x/y.torrent", "triad://host/no-metainfo", ""}) {
    OpenOptions bad_options;
    bad_options.uri = bad;
    bad_options.cache_dir = cache_dir;
    const auto reader = Reader::open(bad_options, listener);
    BOOST_REQUIRE(reader->error());
    BOOST_TEST((reader->error()->code == ErrorCode::bad_uri));
    BOOST_TEST((read_error(*reader).code == ErrorCode::bad_uri));
  }
}

BOOST_AUTO_TEST_CASE(a_track_that_is_not_there_is_told_with_those_that_are) {
  publish_album(3, 20'000);
  for (int round = 0; round < 2; ++round) { // over the network, then from the cache
    auto error = read_error(*open("4.mp3"));
    BOOST_TEST((error.code == ErrorCode::not_found));
    BOOST_TEST(contains(error.message, "1.mp3, 2.mp3, 3.mp3"));
    error = read_error(*open(""));
    BOOST_TEST((error.code == ErrorCode::not_found));
    BOOST_TEST(contains(error.message, "1.mp3, 2.mp3, 3.mp3"));
  }
}

BOOST_AUTO_TEST_CASE(a_metainfo_that_is_not_there_or_not_given) {
  publish_file("song.mp3", 20'000);
  for (const auto& [status, code] :
       {std::pair(404, ErrorCode::not_found), std::pair(403, ErrorCode::not_authorized),
        std::pair(401, ErrorCode::not_authorized)}) {
    Behaviour refusal;
    refusal.status = status;
    server.behave("/song.mp3.torrent", refusal);
    const auto error = read_error(*open());
    BOOST_TEST((error.code == code));
    BOOST_TEST(contains(error.message, "127.0.0.1"));
    BOOST_TEST(contains(error.detail, std::to_string(status)));
  }
  // It was the server's state, not ours: the next open asks again.
  server.behave_well();
  BOOST_TEST((read_all(*open()) == content("")));
}

BOOST_AUTO_TEST_CASE(a_broken_metainfo_is_refused) {
  publish_file("song.mp3", 20'000);
  server.put("/song.mp3.torrent", "d4:infoi1ee");
  auto error = read_error(*open());
  BOOST_TEST((error.code == ErrorCode::bad_metainfo));
  BOOST_TEST(contains(error.message, server.url("/song.mp3.torrent") + " can't be used: "));
  BOOST_TEST(contains(error.message, "Ask its publisher"), error.message);
  server.put("/song.mp3.torrent", std::string(20 * 1024 * 1024, 'd'));
  error = read_error(*open());
  BOOST_TEST((error.code == ErrorCode::bad_metainfo));
}

BOOST_AUTO_TEST_CASE(a_metainfo_is_asked_for_again_after_a_bad_answer) {
  publish_file("song.mp3", 20'000);
  Behaviour down;
  down.status = 503;
  down.times = 2;
  server.behave("/song.mp3.torrent", down);
  BOOST_TEST((read_all(*open()) == content("")));
}

BOOST_AUTO_TEST_CASE(a_metainfo_comes_from_a_server_without_ranges) {
  publish_file("song.mp3", 2'000'000); // a metainfo of several parts
  Behaviour no_ranges;
  no_ranges.ranges = false;
  server.behave_all(no_ranges);
  BOOST_TEST((read_all(*open()) == content("")));
}

BOOST_AUTO_TEST_CASE(a_server_that_never_answers_ends_in_an_error_after_the_timeout) {
  publish_file("song.mp3", 200'000);
  auto impatient = options();
  impatient.timeout = 1s;
  BOOST_REQUIRE(load_release(impatient)); // the metainfo is known now
  server.stop();
  const auto reader = open(impatient);
  std::vector<std::byte> buffer(1000);
  Error error;
  for (std::uint64_t offset = 0;;) {
    const auto result = reader->read(offset, buffer);
    if (result.outcome == Reader::Outcome::error) {
      error = *reader->error();
      break;
    }
    BOOST_REQUIRE((result.outcome == Reader::Outcome::bytes));
    offset += result.size;
  }
  BOOST_TEST((error.code == ErrorCode::unreachable), error.message << error.detail);
  BOOST_TEST(!error.detail.empty());
  BOOST_TEST(contains(error.message, "song.mp3"), error.message << error.detail);
  server.start();
  auto again = options();
  BOOST_TEST((read_all(*open(again)) == content("")));
}

BOOST_AUTO_TEST_CASE(a_metainfo_s_server_that_refuses_is_given_up_soon) {
  publish_file("song.mp3", 20'000);
  server.stop();
  auto patient = options();
  patient.timeout = 1h; // does not matter: nothing plays yet
  const auto error = read_error(*open(patient));
  BOOST_TEST((error.code == ErrorCode::unreachable));
  BOOST_TEST(contains(error.message, "127.0.0.1"));
  BOOST_TEST(!error.detail.empty());
  const auto progress = listener->progress();
  BOOST_TEST(std::any_of(progress.begin(), progress.end(), [](const std::string& line) {
    return line.starts_with("proceed connect: ");
  }));
  server.start();
}

BOOST_AUTO_TEST_CASE(a_server_that_comes_back_within_the_timeout_is_not_noticed) {
  publish_file("song.mp3", 3'000'000);
  Behaviour slow;
  slow.rate = 400'000; // so that it is in the middle when the server goes
  server.behave("/song.mp3", slow);
  const auto reader = open();
  const auto begin = read_all(*reader, 0, 100'000);
  server.stop();
  std::thread restart([&] {
    std::this_thread::sleep_for(3s); // longer than connections are tried at once
    server.behave_well();
    server.start();
  });
  auto all = read_all(*reader);
  restart.join();
  BOOST_TEST((all == content("")));
  BOOST_TEST(!reader->error());
}

BOOST_AUTO_TEST_CASE(a_file_that_differs_from_the_metainfo_is_an_error) {
  publish_file("song.mp3", 200'000);
  server.put("/song.mp3", kit::to_text(kit::random_content(99, 200'000)));
  auto error = read_error(*open());
  BOOST_TEST((error.code == ErrorCode::read || error.code == ErrorCode::bad_metainfo ||
              error.code == ErrorCode::unreachable || error.code == ErrorCode::not_found));
  BOOST_TEST(contains(error.message + error.detail, "127.0.0.1"), error.message);
  // Mended at the server: the next reader gets it, though the download lingers.
  server.put("/song.mp3", kit::to_text(content("")));
  BOOST_TEST((read_all(*open()) == content("")));
}

BOOST_AUTO_TEST_CASE(one_bad_piece_is_fetched_again) {
  publish_file("song.mp3", 200'000);
  BOOST_REQUIRE(load_release(options())); // nothing of the track is asked for on a guess
  std::string damaged = kit::to_text(content(""));
  damaged[100] = static_cast<char>(damaged[100] + 1);
  server.put("/song.mp3", damaged);
  Behaviour hold;
  hold.stall_before_headers = true;
  server.behave("/song.mp3", hold);
  const auto reader = open();
  std::thread mend([&] {
    // Answers that are on their way keep the damaged file's bytes; later ones get the right ones.
    server.wait([](const HttpServer::Log& log) {
      return std::any_of(log.begin(), log.end(), [](const LoggedRequest& each) {
        return each.path == "/song.mp3" && each.range.starts_with("bytes=0-");
      });
    });
    server.put("/song.mp3", kit::to_text(content("")));
    server.behave_well();
    server.release("/song.mp3");
  });
  const auto all = read_all(*reader);
  mend.join();
  BOOST_TEST((all == content("")));
  BOOST_TEST(reader->stats().bytes_wasted >= 16'384u);
  BOOST_TEST(reader->stats().server_received == content("").size() + reader->stats().bytes_wasted);
}

BOOST_AUTO_TEST_CASE(first_pieces_play_before_the_piece_layers_are_there) {
  publish_file("song.mp3", 300'000);
  const std::string metainfo = kit::to_text(kit::make_metainfo(spec));
  Behaviour late;
  late.stall_at = metainfo.find("12:piece layers");
  BOOST_REQUIRE(late.stall_at < metainfo.size());
  server.behave("/song.mp3.torrent", late);
  const auto reader = open();
  const auto first = read_all(*reader, 0, 16'384);
  BOOST_TEST((first == kit::Content(content("").begin(), content("").begin() + 16'384)));
  BOOST_TEST(reader->cached_ranges().empty()); // its v2 hash is not known: not for the disk yet
  server.behave_well();
  server.release("/song.mp3.torrent");
  BOOST_TEST((read_all(*reader) == content("")));
  BOOST_REQUIRE_EQUAL(reader->cached_ranges().size(), 1u);
  BOOST_TEST(reader->cached_ranges()[0].size() == content("").size());
  server.wait_until_quiet();
  BOOST_TEST(sent_twice("song.mp3") == 0u);
}

BOOST_AUTO_TEST_CASE(what_the_cache_has_lost_is_fetched_again) {
  publish_file("song.mp3", 400'000);
  const auto reader = open();
  const auto in_cache = [&] {
    for (const auto& each : std::filesystem::recursive_directory_iterator(cache_dir))
      if (each.path().filename().string().starts_with("song.mp3") && each.is_regular_file())
        return each.path();
    return std::filesystem::path();
  };
  BOOST_TEST(read_all(*reader, 0, 100'000).size() == 100'000u);
  BOOST_REQUIRE(!in_cache().empty());
  std::filesystem::resize_file(in_cache(), 0); // in the middle of the download
  BOOST_TEST((read_all(*reader) == content("")));
  {
    std::fstream file(in_cache(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(200'000);
    file.put(static_cast<char>(~std::to_integer<int>(content("")[200'000])));
  }
  BOOST_TEST((read_all(*reader) == content(""))); // and when it was complete
  BOOST_TEST(!reader->error());
}

BOOST_AUTO_TEST_CASE(a_release_that_contradicts_itself_ends_with_that_error) {
  kit::ReleaseSpec honest;
  honest.name = "song.mp3";
  honest.single_file = true;
  honest.files["song.mp3"] = kit::random_content(1, 100'000);
  publish(honest);
  // The v1 hashes are those of the file, the v2 layer is another file's: as if a publisher had
  // changed one byte between two runs.
  kit::ReleaseSpec other = honest;
  other.files["song.mp3"][50'000] ^= std::byte{1};
  std::string metainfo = kit::to_text(kit::make_metainfo(honest));
  const std::string changed = kit::to_text(kit::make_metainfo(other));
  const auto pieces_at = [](const std::string& text) {
    return text.find("6:pieces") + 8 + std::string("140:").size();
  };
  std::string mixed = changed;
  mixed.replace(pieces_at(changed), 7 * 20, metainfo.substr(pieces_at(metainfo), 7 * 20));
  server.put("/song.mp3.torrent", mixed);
  const auto error = read_error(*open());
  BOOST_TEST((error.code == ErrorCode::bad_metainfo), error.message);
  BOOST_TEST(contains(error.message, "contradicts itself"), error.message);
}

BOOST_AUTO_TEST_CASE(a_track_that_the_server_lacks_is_an_error_of_that_track_alone) {
  publish_album(2, 100'000);
  server.remove("/Album/1.mp3");
  const auto error = read_error(*open("1.mp3"));
  BOOST_TEST((error.code == ErrorCode::not_found), error.message << error.detail);
  BOOST_TEST((read_all(*open("2.mp3")) == content("2.mp3")));
}

BOOST_AUTO_TEST_CASE(a_magnet_link_with_xs_opens_and_its_hash_is_compared) {
  publish_file("song.mp3", 50'000);
  const auto release = kit::make_release(spec);
  auto magnet = options();
  const std::string metainfo = server.url("/song.mp3.torrent");
  magnet.uri = "magnet:?xt=urn:btih:" + hex(*release->info_hash_v1()) + "&xs=" + metainfo;
  BOOST_TEST((read_all(*open(magnet)) == content("")));
  magnet.uri = "magnet:?xt=urn:btih:" + std::string(40, 'a') + "&xs=" + metainfo;
  BOOST_TEST((read_error(*open(magnet)).code == ErrorCode::bad_metainfo));
  magnet.uri = "magnet:?xt=urn:btih:" + std::string(40, 'a');
  BOOST_TEST((read_error(*open(magnet)).code == ErrorCode::bad_uri));
}

BOOST_AUTO_TEST_CASE(a_local_metainfo_serves_the_folder_beside_it) {
  publish_album(2, 100'000);
  const auto music = cache_dir / "music";
  kit::write_files(spec, music);
  std::ofstream(music / "Album.torrent", std::ios::binary)
      << kit::to_text(kit::make_metainfo(spec));
  auto local = options();
  local.cache_dir = cache_dir / "cache";
  local.uri = "triad+file://" + (music / "Album.torrent").string() + "/2.mp3";
  const auto reader = open(local);
  BOOST_TEST(reader->complete());
  BOOST_TEST((read_all(*reader) == content("2.mp3")));
  local.uri = "triad+file://" + (music / "None.torrent").string();
  BOOST_TEST((read_error(*open(local)).code == ErrorCode::not_found));
  BOOST_TEST(server.log().empty());
}

BOOST_AUTO_TEST_CASE(a_local_file_that_was_changed_is_named) {
  publish_album(2, 100'000);
  spec.web_seeds.clear();
  const auto music = cache_dir / "music";
  kit::write_files(spec, music);
  std::ofstream(music / "Album.torrent", std::ios::binary)
      << kit::to_text(kit::make_metainfo(spec));
  std::ofstream(music / "Album/1.mp3", std::ios::binary) << std::string(100'000, 'x');
  std::ofstream(music / "Album/2.mp3", std::ios::binary) << "another length";
  auto local = options();
  local.cache_dir = cache_dir / "cache";
  for (const char* name : {"1.mp3", "2.mp3"}) {
    local.uri = "triad+file://" + (music / "Album.torrent").string() + '/' + name;
    const auto error = read_error(*open(local));
    BOOST_TEST((error.code == ErrorCode::not_found), error.message);
    BOOST_TEST(contains(error.message, (music / "Album" / name).string()), error.message);
  }
}

BOOST_AUTO_TEST_CASE(a_bad_setting_is_an_error_that_names_it) {
  publish_file("song.mp3", 1000);
  setenv("TRIAD_CACHE_SIZE", "lots", 1);
  const auto error = read_error(*open());
  unsetenv("TRIAD_CACHE_SIZE");
  BOOST_TEST((error.code == ErrorCode::settings));
  BOOST_TEST(contains(error.message, "TRIAD_CACHE_SIZE"));
}

BOOST_AUTO_TEST_CASE(a_cache_folder_that_cannot_be_used_is_a_warning) {
  publish_file("song.mp3", 100'000);
  std::ofstream(cache_dir / "file") << "not a folder";
  auto unusable = options();
  unusable.cache_dir = cache_dir / "file";
  const auto reader = open(unusable);
  BOOST_TEST((read_all(*reader) == content("")));
  const auto second = open(unusable);
  BOOST_TEST((read_all(*second) == content("")));
  const auto warnings = listener->warnings(); // one, though much can't be done in it
  BOOST_REQUIRE_EQUAL(warnings.size(), 1u);
  BOOST_TEST(contains(warnings[0], unusable.cache_dir->string()), warnings[0]);
}

BOOST_AUTO_TEST_SUITE_END()
