// SPDX-License-Identifier: LGPL-2.1-or-later
// triad serve: what it answers, what it never gives out, and what it publishes.
#include "fixture.h"
#include "release/metainfo.h"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <fstream>

using namespace triad;
using triad::test::ask;
using triad::test::Home;
using triad::test::Serving;
using triad::test::slurp;
using triad::test::talk;
using triad::test::Words;

namespace {

const std::string sound(40'000, 'x');

void write_album(const Home& home) {
  home.write("Album/01 a.ogg", sound);
  home.write("Album/02 b.mp3", "0123456789");
}

ReleasePtr parse(const std::string& metainfo) {
  auto release = parse_metainfo(std::as_bytes(std::span(metainfo)));
  BOOST_REQUIRE(release);
  return *release;
}

// The release as the server gives it out.
ReleasePtr served(const Serving& serving) {
  return parse(ask(serving.port(), "GET", "/Album.torrent").body);
}

int port_of(const std::string& url) {
  return std::stoi(url.substr(url.rfind(':') + 1));
}

constexpr char first_track[] = "/Album/01%20a.ogg";

} // namespace

BOOST_AUTO_TEST_SUITE(serve)

BOOST_AUTO_TEST_CASE(files_metainfo_and_uris) {
  const Home home;
  write_album(home);
  home.write("single.flac", "one file");
  Serving serving(home, {"Album", "single.flac"});
  const std::string base = "triad+http://127.0.0.1:" + std::to_string(serving.port());
  const Words uris = {base + "/Album.torrent/01%20a.ogg", base + "/Album.torrent/02%20b.mp3",
                      base + "/single.flac.torrent/single.flac"};
  BOOST_TEST(serving.uris() == uris, boost::test_tools::per_element());
  const auto track = ask(serving.port(), "GET", first_track);
  BOOST_TEST(track.status == 200);
  BOOST_TEST((track.body == sound));
  BOOST_TEST(track.header("Content-Type") == "audio/ogg");
  BOOST_TEST(track.header("Accept-Ranges") == "bytes");
  BOOST_TEST(track.header("Last-Modified") != "");
  BOOST_TEST(ask(serving.port(), "GET", "/single.flac").body == "one file");
  const auto metainfo = ask(serving.port(), "GET", "/Album.torrent");
  BOOST_TEST(metainfo.header("Content-Type") == "application/x-bittorrent");
  BOOST_TEST((metainfo.body == slurp(home / "Album.torrent")));
  BOOST_TEST(parse(metainfo.body)->web_seeds().empty());
  BOOST_TEST(serving.stop(SIGINT) == 0);
}

BOOST_AUTO_TEST_CASE(ranges) {
  const Home home;
  write_album(home);
  Serving serving(home, {"Album"});
  const auto part = ask(serving.port(), "GET", "/Album/02%20b.mp3", {"Range: bytes=3-5"});
  BOOST_TEST(part.status == 206);
  BOOST_TEST(part.body == "345");
  BOOST_TEST(part.header("Content-Range") == "bytes 3-5/10");
  BOOST_TEST(part.header("Content-Length") == "3");
  BOOST_TEST(ask(serving.port(), "GET", "/Album/02%20b.mp3", {"Range: bytes=-2"}).body == "89");
  BOOST_TEST(ask(serving.port(), "GET", "/Album/02%20b.mp3", {"Range: bytes=8-99"}).body == "89");
  const auto beyond = ask(serving.port(), "GET", "/Album/02%20b.mp3", {"Range: bytes=10-"});
  BOOST_TEST(beyond.status == 416);
  BOOST_TEST(beyond.header("Content-Range") == "bytes */10");
  const auto several = ask(serving.port(), "GET", "/Album/02%20b.mp3", {"Range: bytes=0-1,4-5"});
  BOOST_TEST(several.status == 200);
  BOOST_TEST(several.body == "0123456789");
  const auto metainfo = ask(serving.port(), "GET", "/Album.torrent", {"Range: bytes=0-3"});
  BOOST_TEST(metainfo.status == 206);
  BOOST_TEST(metainfo.body == slurp(home / "Album.torrent").substr(0, 4));
}

BOOST_AUTO_TEST_CASE(heads_and_conditions) {
  const Home home;
  write_album(home);
  Serving serving(home, {"Album"});
  const auto head = ask(serving.port(), "HEAD", first_track);
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.body == "");
  BOOST_TEST(head.header("Content-Length") == std::to_string(sound.size()));
  const std::string etag = head.header("ETag");
  BOOST_TEST(etag.front() == '"');
  const auto same = ask(serving.port(), "GET", first_track, {"If-None-Match: " + etag});
  BOOST_TEST(same.status == 304);
  BOOST_TEST(same.body == "");
  BOOST_TEST(same.header("ETag") == etag);
  const Words range = {"Range: bytes=0-1", "If-Range: " + etag};
  BOOST_TEST(ask(serving.port(), "GET", first_track, range).status == 206);
  home.write("Album/01 a.ogg", sound + "!"); // another file now
  BOOST_TEST(ask(serving.port(), "GET", first_track, {"If-None-Match: " + etag}).status == 200);
  BOOST_TEST(ask(serving.port(), "GET", first_track, range).status == 200);
  const auto post = ask(serving.port(), "POST", first_track, {"Content-Length: 0"});
  BOOST_TEST(post.status == 405);
  BOOST_TEST(post.header("Allow") == "GET, HEAD");
}

BOOST_AUTO_TEST_CASE(pads_are_zeros) {
  const Home home;
  write_album(home);
  Serving serving(home, {"Album"});
  // The first file is 40,000 bytes long, a piece 16,384.
  const auto pad = ask(serving.port(), "GET", "/Album/.pad/9152");
  BOOST_TEST(pad.status == 200);
  BOOST_TEST((pad.body == std::string(9152, '\0')));
  BOOST_TEST(ask(serving.port(), "GET", "/Album/.pad/9152", {"Range: bytes=-7"}).body.size() == 7);
  BOOST_TEST(ask(serving.port(), "GET", "/Album/.pad/9153").status == 404);
}

BOOST_AUTO_TEST_CASE(nothing_else_is_given_out) {
  const Home home;
  write_album(home);
  home.write("secret.ogg", "secret");
  home.write("Album/.hidden", "secret");
  Serving serving(home, {"Album"});
  home.write("Album/later.ogg", "secret"); // no part of what was published
  for (const char* path :
       {"/", "/Album", "/Album/", "/secret.ogg", "/../secret.ogg", "/Album/../secret.ogg",
        "/Album/%2e%2e/secret.ogg", "/Album/..%2fsecret.ogg", "/Album/.hidden",
        "/Album//01%20a.ogg", "/Album/later.ogg", "/Album/./01%20a.ogg", "//etc/passwd",
        "/etc/passwd", "/Album/01%20a.ogg/", "/Album/%00", "/Album/01%20a.ogg%00x", "*"}) {
    const auto answer = ask(serving.port(), "GET", path);
    BOOST_TEST(answer.status == 404, path);
    BOOST_TEST(answer.body.find("secret") == std::string::npos, path);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_became_a_link_is_not_followed) {
  const Home home;
  write_album(home);
  home.write("secret.ogg", "secret");
  home.write("Album/cd/03.ogg", "third");
  home.write("outside/03.ogg", "secret");
  Serving serving(home, {"Album"});
  BOOST_TEST(ask(serving.port(), "GET", "/Album/cd/03.ogg").body == "third");
  std::filesystem::remove(home / "Album/02 b.mp3");
  std::filesystem::create_symlink("../secret.ogg", home / "Album/02 b.mp3");
  std::filesystem::remove_all(home / "Album/cd");
  std::filesystem::create_directory_symlink("../outside", home / "Album/cd");
  BOOST_TEST(ask(serving.port(), "GET", "/Album/02%20b.mp3").status == 404);
  BOOST_TEST(ask(serving.port(), "GET", "/Album/cd/03.ogg").status == 404);
  std::filesystem::remove(home / "Album/01 a.ogg");
  BOOST_TEST(ask(serving.port(), "GET", first_track).status == 404);
}

BOOST_AUTO_TEST_CASE(nonsense_ends_the_connection_only) {
  const Home home;
  write_album(home);
  Serving serving(home, {"Album"});
  for (const std::string& request :
       {std::string("\r\n\r\n"), std::string("nonsense\r\n\r\n"), std::string("GET\r\n\r\n"),
        std::string("GET / HTTP/9.9\r\n\r\n"), "GET /" + std::string(100'000, 'a') + "\r\n\r\n",
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15)}) {
    static_cast<void>(test::talk(serving.port(), request, true));
  }
  BOOST_TEST(ask(serving.port(), "GET", first_track).status == 200);
  BOOST_TEST(serving.stop(SIGTERM) == 0);
}

BOOST_AUTO_TEST_CASE(what_is_published_stays_and_what_changed_is_published_anew) {
  const Home home;
  write_album(home);
  BOOST_TEST(test::triad(home, {"publish", "Album", "--server", "https://h", "--tracker",
                                "wss://t.example.org"})
                 .code == 0);
  const std::string published = slurp(home / "Album.torrent");
  Sha1 id{};
  {
    Serving serving(home, {"Album"});
    const ReleasePtr release = parse(ask(serving.port(), "GET", "/Album.torrent").body);
    id = release->id();
    BOOST_TEST((id == parse(published)->id()));
    BOOST_TEST(release->web_seeds().empty()); // who asks here is to fetch here
    BOOST_TEST(release->trackers().size() == 1);
  }
  BOOST_TEST((slurp(home / "Album.torrent") == published));
  home.write("Album/02 b.mp3", "9876543210"); // as long as before
  Sha1 changed{};
  for (int round = 0; round < 2; ++round) {
    Serving serving(home, {"Album"});
    const ReleasePtr anew = parse(ask(serving.port(), "GET", "/Album.torrent").body);
    BOOST_TEST((anew->id() != id));
    BOOST_TEST(anew->trackers().size() == 1);
    BOOST_TEST((round == 0 || anew->id() == changed));
    changed = anew->id();
  }
  // What the user published is only for him to replace.
  BOOST_TEST((slurp(home / "Album.torrent") == published));
  BOOST_TEST(!std::filesystem::is_empty(home / "cache/triad/published"));
}

BOOST_AUTO_TEST_CASE(what_serve_itself_published_is_renewed_in_place) {
  const Home home;
  write_album(home);
  { const Serving serving(home, {"Album"}); }
  const std::string before = slurp(home / "Album.torrent");
  home.write("Album/03 c.mp3", "more");
  { const Serving serving(home, {"Album"}); }
  BOOST_TEST((slurp(home / "Album.torrent") != before));
  BOOST_TEST(!std::filesystem::exists(home / "cache/triad/published"));
}

BOOST_AUTO_TEST_CASE(what_another_program_wrote_is_not_overwritten) {
  const Home home;
  write_album(home);
  home.write("Album.torrent", "another program's");
  {
    Serving serving(home, {"Album"});
    BOOST_TEST(ask(serving.port(), "GET", "/Album.torrent").status == 200);
  }
  BOOST_TEST(slurp(home / "Album.torrent") == "another program's");
  BOOST_TEST(!std::filesystem::is_empty(home / "cache/triad/published"));
}

// A folder on a file system that can't be written, in a mount namespace of its own (needs root).
BOOST_AUTO_TEST_CASE(a_read_only_folder) {
  const Home home;
  home.write("music/Album/01 a.ogg", sound);
  const Words before = {"unshare", "--mount", "sh", "-c",
                        "mount --bind music music && mount -o remount,ro,bind music && "
                        "exec \"$0\" \"$@\""};
  std::filesystem::file_time_type kept;
  for (int round = 0; round < 2; ++round) {
    Serving serving(home, before, {"music/Album"}, "127.0.0.1:0");
    BOOST_TEST((ask(serving.port(), "GET", first_track).body == sound));
    BOOST_TEST(!std::filesystem::exists(home / "music/Album.torrent"));
    const auto entry = *std::filesystem::directory_iterator(home / "cache/triad/published");
    if (round == 1) {
      BOOST_TEST((entry.last_write_time() == kept)); // not published twice
    }
    kept = entry.last_write_time();
  }
}

BOOST_AUTO_TEST_CASE(with_a_tracker) {
  const Home home;
  write_album(home);
  const Serving serving(home, {"Album", "--tracker-listen", "127.0.0.1:0"});
  const ReleasePtr release = served(serving);
  BOOST_REQUIRE(release->trackers().size() == 1);
  const std::string url = release->trackers()[0].at(0);
  BOOST_TEST(url.starts_with("ws://127.0.0.1:"), url);
  // The next run's tracker may be elsewhere: nothing of it stays on the disk.
  const ReleasePtr kept = parse(slurp(home / "Album.torrent"));
  BOOST_TEST(kept->trackers().empty());
  BOOST_TEST((kept->id() == release->id()));
  BOOST_TEST(ask(port_of(url), "GET", "/health").status == 200);
  // An announce, in one frame with a mask of zeros (RFC 6455).
  const std::string announce = "{\"action\":\"announce\",\"info_hash\":\"aaaaaaaaaaaaaaaaaaaa\","
                               "\"peer_id\":\"bbbbbbbbbbbbbbbbbbbb\",\"event\":\"started\"}";
  BOOST_REQUIRE(announce.size() < 126);
  const std::string answers =
      talk(port_of(url),
           "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
               std::string("\x81") + static_cast<char>(0x80 + announce.size()) +
               std::string(4, '\0') + announce,
           true);
  BOOST_TEST(answers.starts_with("HTTP/1.1 101 "), answers);
  BOOST_TEST(answers.find("\"incomplete\":1") != std::string::npos, answers);
}

BOOST_AUTO_TEST_CASE(a_tracker_joins_those_that_were_published) {
  const Home home;
  write_album(home);
  const std::string own = "wss://tracker.example.org";
  BOOST_REQUIRE(
      test::triad(home, {"publish", "Album", "--server", "https://x.org", "--tracker", own}).code ==
      0);
  const std::string published = slurp(home / "Album.torrent");
  const Serving serving(home, {"Album", "--tracker-listen", "127.0.0.1:0"});
  const ReleasePtr release = served(serving);
  BOOST_REQUIRE(release->trackers().size() == 2u);
  BOOST_TEST(release->trackers()[0].at(0).starts_with("ws://127.0.0.1:"));
  BOOST_TEST(release->trackers()[1].at(0) == own);
  BOOST_TEST((release->id() == parse(published)->id()));
  BOOST_TEST((slurp(home / "Album.torrent") == published));
}

BOOST_AUTO_TEST_CASE(over_ipv6) {
  const Home home;
  write_album(home);
  Serving serving(home, {"Album"}, "[::1]:0");
  BOOST_TEST(serving.uris().at(0).starts_with("triad+http://[::1]:"));
  const auto run = test::triad(home, {"inspect", "--json", serving.uris().at(0)});
  BOOST_TEST(run.code == 0);
  BOOST_TEST(run.out.find("\"name\":\"Album\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_can_not_be_served) {
  const Home home;
  write_album(home);
  home.write("other/Album/x.ogg", "x");
  const auto fails = [&](const Words& words, const std::string& reason) {
    const auto run = test::triad(home, words);
    BOOST_TEST(run.code == 1);
    BOOST_TEST(run.out.empty());
    BOOST_TEST(run.err.find(reason) != std::string::npos, run.err);
  };
  fails({"serve", "missing", "--listen", "127.0.0.1:0"}, "'missing'");
  fails({"serve", "Album", "other/Album", "--listen", "127.0.0.1:0"}, "two releases");
  fails({"serve", "Album", "--listen", "192.0.2.1:0"}, "192.0.2.1");
  fails({"serve", "Album", "--listen", "127.0.0.1:0", "--tracker-listen", "192.0.2.1:0"},
        "192.0.2.1");
  Serving serving(home, {"Album"});
  fails({"serve", "Album", "--listen", "127.0.0.1:" + std::to_string(serving.port())}, "in use");
}

BOOST_AUTO_TEST_SUITE_END()
