// SPDX-License-Identifier: LGPL-2.1-or-later
// Readers from open to the last byte: cold, cached, shared, cancelled, sought.
#include "node/album_fixture.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

using namespace triad;
using namespace triad::test;
using kit::Format;

BOOST_FIXTURE_TEST_SUITE(reader, AlbumFixture)

BOOST_AUTO_TEST_CASE(reads_a_single_file_of_each_format) {
  for (const auto format : {Format::v1, Format::v2, Format::hybrid}) {
    const std::string name = "song" + std::to_string(static_cast<int>(format)) + ".mp3";
    publish_file(name, 300'001, format);
    const auto reader = open();
    BOOST_TEST((read_all(*reader) == content(name)));
    BOOST_TEST(reader->length().value() == 300'001u);
    BOOST_TEST(!reader->error());
    server.wait_until_quiet();
    BOOST_TEST(sent_for(name) == 300'001u);
  }
}

BOOST_AUTO_TEST_CASE(reads_ogg_whose_tail_is_asked_for_at_once) {
  publish_file("song.ogg", 700'000);
  const auto reader = open();
  BOOST_TEST((read_all(*reader, 600'000) ==
              kit::Content(content("").begin() + 600'000, content("").end())));
  BOOST_TEST((read_all(*reader) == content("")));
  server.wait_until_quiet();
  BOOST_TEST(sent_twice("song.ogg") == 0u);
  BOOST_TEST(sent_for("song.ogg") == 700'000u);
}

BOOST_AUTO_TEST_CASE(reads_files_shorter_than_what_is_asked_for_early) {
  for (const std::size_t size : {1u, 100u, 12'287u, 12'289u, 30'000u, 150'000u}) {
    const std::string name = "s" + std::to_string(size) + ".opus";
    publish_file(name, size);
    const auto reader = open();
    BOOST_TEST((read_all(*reader) == content(name)));
  }
}

BOOST_AUTO_TEST_CASE(reads_each_track_of_an_album) {
  for (const auto format : {Format::v1, Format::v2, Format::hybrid}) {
    kit::ReleaseSpec album;
    album.name = "Album" + std::to_string(static_cast<int>(format));
    album.format = format;
    album.files = kit::small_album();
    publish(album);
    for (const auto& [path, bytes] : spec.files) {
      if (!path.ends_with(".ogg") && !path.ends_with(".mp3") && !path.ends_with(".flac"))
        continue;
      const auto reader = open(path);
      BOOST_TEST((read_all(*reader) == bytes), path);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_complete_track_needs_no_server) {
  publish_file("song.mp3", 200'000);
  BOOST_TEST((read_all(*open()) == content("")));
  server.stop();
  const auto reader = open();
  BOOST_TEST(reader->complete()); // known at once, without waiting for anything
  BOOST_TEST(reader->length().value() == 200'000u);
  BOOST_TEST((read_all(*reader) == content("")));
  BOOST_TEST(reader->stats().bytes_cache == 200'000u);
  BOOST_TEST(reader->stats().bytes_server == 0u);
}

BOOST_AUTO_TEST_CASE(bytes_are_counted_where_they_came_from) {
  publish_file("song.mp3", 500'000);
  {
    const auto reader = open();
    BOOST_TEST((read_all(*reader) == content("")));
    BOOST_TEST((read_all(*reader, 100'000).size() == 400'000u)); // again, which counts once
    const auto stats = reader->stats();
    BOOST_TEST(stats.bytes_server == 500'000u);
    BOOST_TEST(stats.bytes_cache == 0u);
    BOOST_TEST(stats.server_received == 500'000u);
    BOOST_TEST(stats.bytes_wasted == 0u);
    BOOST_TEST(stats.start_delay.count() > 0);
    server.wait_until_quiet();
    BOOST_TEST(sent_for("song.mp3") == 500'000u);
  }
  const auto reader = open();
  BOOST_TEST(read_all(*reader).size() == 500'000u);
  BOOST_TEST(reader->stats().bytes_cache == 500'000u);
  BOOST_TEST(reader->stats().server_received == 0u);
}

BOOST_AUTO_TEST_CASE(eight_readers_are_one_download) {
  publish_file("song.ogg", 1'000'000);
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  std::atomic<std::uint64_t> from_server = 0, received = 0;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      const auto reader = open();
      right += read_all(*reader) == content("") ? 1 : 0;
      from_server += reader->stats().bytes_server;
      received += reader->stats().server_received;
    });
  for (auto& thread : threads)
    thread.join();
  BOOST_TEST(right.load() == 8);
  server.wait_until_quiet();
  BOOST_TEST(sent_for("song.ogg") == 1'000'000u);
  BOOST_TEST(sent_twice("song.ogg") == 0u);
  BOOST_TEST(from_server.load() == 1'000'000u);
  BOOST_TEST(received.load() == 1'000'000u); // each byte in the statistics of one of them
  const auto log = server.log();
  BOOST_TEST(std::count_if(log.begin(), log.end(), [](const LoggedRequest& request) {
               return request.path == "/song.ogg.torrent" && request.range == "bytes=0-12287";
             }) == 1);
}

BOOST_AUTO_TEST_CASE(random_seeks_give_the_files_bytes) {
  publish_file("song.flac", 900'000);
  const auto reader = open();
  std::mt19937 random(5);
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t offset = random() % 900'000;
    const std::uint64_t end = std::min<std::uint64_t>(900'000, offset + 1 + random() % 30'000);
    reader->seek(offset, std::nullopt);
    const auto part = read_all(*reader, offset, end);
    BOOST_REQUIRE((part == kit::Content(content("").begin() + static_cast<long>(offset),
                                        content("").begin() + static_cast<long>(end))));
  }
  server.wait_until_quiet();
  // Each byte is kept once; an answer that a seek cancelled counts as far as it came, which may be
  // less than the server wrote into its socket.
  const auto stats = reader->stats();
  BOOST_TEST(stats.server_received - stats.bytes_wasted <= 900'000u);
  BOOST_TEST(stats.server_received >= stats.bytes_server);
  BOOST_TEST(stats.server_received <= sent_for("song.flac"));
  BOOST_TEST(sent_for("song.flac") <= 1'800'000u);
}

BOOST_AUTO_TEST_CASE(reading_beyond_the_end_is_the_end) {
  publish_file("song.mp3", 1000);
  const auto reader = open();
  std::byte one{};
  BOOST_TEST((reader->read(1000, {&one, 1}).outcome == Reader::Outcome::end));
  BOOST_TEST((reader->read(5000, {&one, 1}).outcome == Reader::Outcome::end));
  BOOST_TEST((reader->read(999, {&one, 1}).outcome == Reader::Outcome::bytes));
}

BOOST_AUTO_TEST_CASE(cancel_latches_until_resume) {
  publish_file("song.mp3", 100'000);
  Behaviour stall;
  stall.stall_before_headers = true;
  server.behave("/song.mp3.torrent", stall);
  server.behave("/song.mp3", stall);
  const auto reader = open();
  std::byte one{};
  std::thread thread([&] {
    BOOST_TEST((reader->read(0, {&one, 1}).outcome == Reader::Outcome::cancelled));
  });
  server.wait_for_requests(1);
  reader->cancel();
  thread.join();
  BOOST_TEST((reader->read(0, {&one, 1}).outcome == Reader::Outcome::cancelled));
  server.behave_well();
  server.release("/song.mp3.torrent");
  server.release("/song.mp3");
  reader->resume();
  BOOST_TEST((read_all(*reader) == content("")));
}

BOOST_AUTO_TEST_CASE(cancel_and_resume_race_with_reads) {
  publish_file("song.mp3", 400'000);
  const auto reader = open();
  std::atomic<bool> over = false;
  std::thread canceller([&] {
    std::mt19937 random(3);
    while (!over) {
      reader->cancel();
      if (random() % 2 == 0)
        std::this_thread::yield();
      reader->resume();
    }
  });
  kit::Content all;
  std::vector<std::byte> buffer(4096);
  while (all.size() < 400'000) {
    const auto result = reader->read(all.size(), buffer);
    BOOST_REQUIRE((result.outcome != Reader::Outcome::error));
    if (result.outcome == Reader::Outcome::bytes)
      all.insert(all.end(), buffer.begin(), buffer.begin() + static_cast<long>(result.size));
  }
  over = true;
  canceller.join();
  BOOST_TEST((all == content("")));
}

BOOST_AUTO_TEST_CASE(works_without_the_cache) {
  publish_file("song.mp3", 300'000);
  auto memory = options();
  memory.sources = Sources::server; // without the cache
  const auto reader = open(memory);
  BOOST_TEST((read_all(*reader) == content("")));
  BOOST_TEST(std::filesystem::is_empty(cache_dir));
}

BOOST_AUTO_TEST_CASE(cache_alone_does_not_ask_the_server) {
  publish_file("song.mp3", 300'000);
  auto cache_only = options();
  cache_only.sources = Sources::cache;
  const auto error = read_error(*open(cache_only));
  BOOST_TEST((error.code == ErrorCode::unreachable));
  BOOST_TEST(server.log().empty());
  BOOST_TEST(read_all(*open(), 0, 20'000).size() == 20'000u); // some of it is cached now
}

BOOST_AUTO_TEST_SUITE_END()
