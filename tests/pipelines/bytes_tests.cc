// SPDX-License-Identifier: LGPL-2.1-or-later
// The bytes that `triad play` reports against those that the server's log says it sent.
#include "fixture.h"
#include "kit/http_server.h"
#include "kit/media.h"
#include "report.h"

#include <boost/test/unit_test.hpp>

#include <fstream>

using namespace triad::test;

namespace {

// An album of three tracks on a server that keeps a log.
struct ServedAlbum {
  explicit ServedAlbum(int seconds) {
    const auto folder = home / "Album";
    std::filesystem::create_directory(folder);
    const std::array formats{Format::ogg_vorbis, Format::mp3, Format::flac};
    for (std::size_t at = 0; at < formats.size(); ++at) {
      const std::string name = std::to_string(at + 1) + '.' + extension(formats[at]);
      std::filesystem::copy_file(media_file(formats[at], seconds, 7), folder / name);
      names.push_back(name);
    }
    const auto published = triad::test::triad(home, {"publish", "Album", "--server", server.url()});
    BOOST_REQUIRE_MESSAGE(published.code == 0, published.err);
    server.put("/Album.torrent", slurp(home / "Album.torrent"));
    server.put_folder("/Album", folder);
    uris = published.lines();
  }

  // Bodies of answers for a track: sent whole, and given to the socket in all.
  struct Sent {
    std::uint64_t whole = 0, all = 0;
  };
  [[nodiscard]] Sent sent_for(const std::string& name) const {
    Sent sent;
    for (const LoggedRequest& request : server.log()) {
      if (request.path != "/Album/" + name || request.status != 206) {
        continue;
      }
      sent.all += request.body_bytes;
      sent.whole += request.aborted ? 0 : request.body_bytes;
    }
    return sent;
  }

  void compare(const std::vector<ReportedTrack>& tracks) const {
    BOOST_TEST(server.wait_until_quiet());
    BOOST_REQUIRE_EQUAL(tracks.size(), names.size());
    for (std::size_t at = 0; at < names.size(); ++at) {
      const ReportedTrack& track = tracks[at];
      const Sent sent = sent_for(names[at]);
      const auto size = std::filesystem::file_size(home / ("Album/" + names[at]));
      BOOST_TEST_CONTEXT(names[at] << " of " << size << " bytes") {
        BOOST_TEST(track.error == "null");
        BOOST_TEST(track.server >= sent.whole);
        BOOST_TEST(track.server <= sent.all);
        BOOST_TEST(track.server <= size + track.wasted);
        // The first is opened before its size is known: of a small file head and tail are the same.
        const std::uintmax_t guessed = at == 0 ? std::min<std::uintmax_t>(size, 144 * 1024) : 0;
        BOOST_TEST(track.wasted <= guessed + 12 * 1024);
      }
    }
  }

  Home home;
  HttpServer server;
  Words names, uris;
};

} // namespace

BOOST_AUTO_TEST_SUITE(bytes)

BOOST_AUTO_TEST_CASE(a_release_as_fast_as_it_comes) {
  const ServedAlbum album(20);
  const auto run =
      triad::test::triad(album.home, {"play", "--fast", "--json", release_of(album.uris.at(0))});
  BOOST_TEST(run.code == 0, run.err);
  album.compare(parse_report(run.out));
}

// The first is opened on a guess, before the release is known; the others are fetched ahead.
BOOST_AUTO_TEST_CASE(tracks_in_real_time) {
  const ServedAlbum album(2);
  Words words = {"play", "--no-audio", "--json"};
  words.insert(words.end(), album.uris.begin(), album.uris.end());
  const auto run = triad::test::triad(album.home, words);
  BOOST_TEST(run.code == 0, run.err);
  const auto tracks = parse_report(run.out);
  album.compare(tracks);
}

BOOST_AUTO_TEST_CASE(nothing_from_the_server_the_second_time) {
  ServedAlbum album(2);
  const Words words = {"play", "--fast", "--json", album.uris.at(0)};
  BOOST_TEST(triad::test::triad(album.home, words).code == 0);
  album.server.wait_until_quiet();
  album.server.clear_log();
  const auto tracks = parse_report(triad::test::triad(album.home, words).out);
  BOOST_REQUIRE_EQUAL(tracks.size(), 1u);
  BOOST_TEST(album.sent_for(album.names.at(0)).all == 0u);
  BOOST_TEST(tracks[0].server == 0u);
  BOOST_TEST(tracks[0].wasted == 0u);
  BOOST_TEST(tracks[0].cache > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
