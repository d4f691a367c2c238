// SPDX-License-Identifier: LGPL-2.1-or-later
// What players may write, and what they get told if it is wrong.
#include "release/uri.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

using namespace triad;
namespace data = boost::unit_test::data;

namespace {

struct Good {
  const char* text;
  const char* metainfo_url;
  const char* track;
};

std::ostream& operator<<(std::ostream& out, const Good& good) {
  return out << good.text;
}

const Good good_uris[] = {
    {"triad://", "", ""},
    {"TRIAD+HTTP://", "", ""},
    {"magnet://", "", ""},
    {"triad://h/a.torrent", "https://h/a.torrent", ""},
    {"triad://h/a.torrent/", "https://h/a.torrent", ""},
    {"Triad://h/a.torrent/02%20Ice.ogg", "https://h/a.torrent", "02 Ice.ogg"},
    {"triad://h/b/a.torrent/CD1/x.ogg", "https://h/b/a.torrent", "CD1/x.ogg"},
    {"triad+http://h:8080/a.torrent/x.ogg", "http://h:8080/a.torrent", "x.ogg"},
    {"triad+http://[::1]:80/a.torrent/x.ogg", "http://[::1]:80/a.torrent", "x.ogg"},
    {"triad://me:pass@h/a.torrent/x.ogg", "https://me:pass@h/a.torrent", "x.ogg"},
    {"triad+file:///music/a.torrent/x.ogg", "file:///music/a.torrent", "x.ogg"},
    {"triad+file://localhost/a.torrent", "file:///a.torrent", ""},
    // The query belongs to the metainfo's URL, wherever the track's path ends.
    {"triad://h/a.torrent?t=x", "https://h/a.torrent?t=x", ""},
    {"triad://h/a.torrent/x.ogg?t=x", "https://h/a.torrent?t=x", "x.ogg"},
    {"triad://h/a.torrent?t=x/track.ogg", "https://h/a.torrent?t=x/track.ogg", ""},
    // The first segment that ends in .torrent ends the metainfo's URL.
    {"triad://h/a.torrent/b.torrent", "https://h/a.torrent", "b.torrent"},
    {"triad://h/my.torrents/a.torrent", "https://h/my.torrents/a.torrent", ""},
    {"triad://h/song.ogg.torrent", "https://h/song.ogg.torrent", ""},
    {"triad://h/a%2Etorrent/x.ogg", "https://h/a%2Etorrent", "x.ogg"},
    {"triad://h/a.torrent/%C3%A9%23%25%3F.ogg", "https://h/a.torrent", "\u00e9#%?.ogg"},
    {"triad://h/a.torrent/..x/...", "https://h/a.torrent", "..x/..."},
};

struct Bad {
  const char* text;
  const char* why; // a part of the message
};

std::ostream& operator<<(std::ostream& out, const Bad& bad) {
  return out << bad.text;
}

const Bad bad_uris[] = {
    {"", "percent-encoded"},
    {"triad", "begins with none"},
    {"https://h/a.torrent", "begins with none"},
    {"triad:", "two slashes"},
    {"triad:h/a.torrent", "two slashes"},
    {"triad:///a.torrent", "names no host"},
    {"triad://me@/a.torrent", "names no host"},
    {"triad://a@b@h/a.torrent", "'@'"},
    {"triad://h%41/a.torrent", "host"},
    {"triad://[::1/a.torrent", "IPv6"},
    {"triad://[]/a.torrent", "IPv6"},
    {"triad://[::1]x/a.torrent", "port"},
    {"triad://h:0/a.torrent", "port"},
    {"triad://h:65536/a.torrent", "port"},
    {"triad://h:/a.torrent", "port"},
    {"triad://h:80x/a.torrent", "port"},
    {"triad://h", ".torrent"},
    {"triad://h?x=/a.torrent", ".torrent"},
    {"triad://h/a.ogg", ".torrent"},
    {"triad://h/a.torrent#x", "%23"},
    {"triad://h/a.torrent/a b.ogg", "percent-encoded"},
    {"triad://h/a.torrent/\xc3\xa9.ogg", "percent-encoded"},
    {"triad://h/a.torrent/\x01", "percent-encoded"},
    {"triad://h/a.torrent/100%", "%25"},
    {"triad://h/a.torrent/%zz", "%25"},
    {"triad://h/a.torrent/%4", "%25"},
    {"triad://h/a.torrent?%g0", "%25"},
    {"triad://h/a%00b.torrent", "control"},
    {"triad://h/a.torrent/..", "leads out"},
    {"triad://h/a.torrent/./x.ogg", "leads out"},
    {"triad://h/a.torrent/%2e%2e/x.ogg", "leads out"},
    {"triad://h/a.torrent/x/%2E./y.ogg", "leads out"},
    {"triad://h/a.torrent/..%2fx.ogg", "slash"},
    {"triad://h/a.torrent/x%5cy.ogg", "slash"},
    {"triad://h/a.torrent//x.ogg", "empty"},
    {"triad://h/a.torrent/x/", "empty"},
    {"triad://h/a.torrent/x%00.ogg", "control"},
    {"triad://h/a.torrent/x%ff.ogg", "UTF-8"},
    {"triad://h/a.torrent/%c0%ae%c0%ae", "UTF-8"},
    {"triad://h/a.torrent/%e2%80%aegpj.ogg", "direction"},
    {"triad+file://h/a.torrent", "no host"},
    {"triad+file:///a.torrent?x", "no query"},
    {"magnet:", "'?'"},
    {"magnet:?", "xt="},
    {"magnet:?dn=x", "xt="},
    {"magnet:?xt=urn:btih:0123&xs=http://h/a", "SHA-1"},
    {"magnet:?xt=urn:btmh:1220aa&xs=http://h/a", "SHA-256"},
    {"magnet:?xt=urn:btih:0123456789012345678901234567890123456789"
     "&xt=urn:btih:9123456789012345678901234567890123456789",
     "two different"},
    {"magnet:?xt=urn:btih:0123456789012345678901234567890123456789&xs=http://h/a&so=1-3", "so="},
};

} // namespace

BOOST_AUTO_TEST_SUITE(uri)

BOOST_DATA_TEST_CASE(good_uri, data::make(good_uris)) {
  const auto uri = parse_uri(sample.text);
  BOOST_REQUIRE_MESSAGE(uri, (uri ? "" : uri.error().message));
  BOOST_TEST(uri->metainfo_url == sample.metainfo_url);
  BOOST_TEST(uri->track == sample.track);
  BOOST_TEST(uri->text == sample.text);
  BOOST_TEST(uri->bare() == uri->metainfo_url.empty());
}

BOOST_DATA_TEST_CASE(bad_uri, data::make(bad_uris)) {
  const auto uri = parse_uri(sample.text);
  BOOST_REQUIRE(!uri);
  BOOST_TEST((uri.error().code == ErrorCode::bad_uri));
  BOOST_TEST(uri.error().message.find(sample.why) != std::string::npos, uri.error().message);
}

BOOST_AUTO_TEST_CASE(an_overlong_uri_is_refused_and_its_message_is_short) {
  const auto uri = parse_uri("triad://h/" + std::string(100'000, 'x') + ".torrent");
  BOOST_REQUIRE(!uri);
  BOOST_TEST(uri.error().message.size() < 300u);
}

BOOST_AUTO_TEST_CASE(a_magnet_link_says_all_it_knows) {
  const auto uri = parse_uri(
      "magnet:?xt=urn:btih:0123456789abcdef0123456789ABCDEF01234567&dn=Nocturnes"
      "&xt=urn:btmh:1220000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
      "&xs=ftp%3A%2F%2Fh%2Fno&xs=https%3A%2F%2Fh%2Fa.torrent%3Ft%3Dx&xs=http://second/"
      "&ws=http%3A%2F%2Fh%2Fm%2F&ws=gopher://x/&tr.1=wss%3A%2F%2Ft&tr.2=udp://t:6969&so=2");
  BOOST_REQUIRE_MESSAGE(uri, (uri ? "" : uri.error().message));
  BOOST_TEST(uri->magnet);
  BOOST_TEST(hex(*uri->info_hash_v1) == "0123456789abcdef0123456789abcdef01234567");
  BOOST_TEST(hex(*uri->info_hash_v2) ==
             "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  BOOST_TEST(uri->metainfo_url == "https://h/a.torrent?t=x");
  BOOST_TEST(uri->web_seeds == std::vector<std::string>{"http://h/m/"});
  BOOST_TEST((uri->trackers == std::vector<std::string>{"wss://t", "udp://t:6969"}));
  BOOST_TEST(uri->file.value() == 2u);
}

// Then its metainfo comes from peers.
BOOST_AUTO_TEST_CASE(a_magnet_link_need_not_say_where_its_metainfo_is) {
  for (const char* text :
       {"magnet:?xt=urn:btih:0123456789012345678901234567890123456789",
        "magnet:?xt=urn:btih:0123456789012345678901234567890123456789&xs=file:///a.torrent"}) {
    const auto uri = parse_uri(text);
    BOOST_REQUIRE_MESSAGE(uri, (uri ? "" : uri.error().message));
    BOOST_TEST(uri->metainfo_url.empty());
    BOOST_TEST(!uri->bare());
    BOOST_TEST(uri->info_hash_v1.has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_hash_in_base32_is_the_same_hash) {
  const auto uri =
      parse_uri("magnet:?xt=urn:btih:AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH&xs=file:///a.torrent");
  BOOST_REQUIRE(uri);
  BOOST_TEST(hex(*uri->info_hash_v1) == "0123456789abcdef0123456789abcdef01234567");
}

BOOST_AUTO_TEST_CASE(a_tracks_uri_leads_back_to_the_track) {
  for (const char* text : {"triad://h/a.torrent", "triad+http://u@h:1/b/a.torrent?t=x/y",
                           "triad+file:///m/a.torrent", "triad://h/a.torrent/other.ogg?q"}) {
    const auto release = parse_uri(text);
    BOOST_REQUIRE(release);
    const auto track = parse_uri(track_uri(*release, "CD 1/50% \u00e9?#.ogg", 7));
    BOOST_REQUIRE_MESSAGE(track, (track ? "" : track.error().message));
    BOOST_TEST(track->track == "CD 1/50% \u00e9?#.ogg");
    BOOST_TEST(track->metainfo_url == release->metainfo_url);
  }
}

BOOST_AUTO_TEST_CASE(a_tracks_magnet_link_differs_in_so_alone) {
  const auto release = parse_uri("magnet:?so=1&xt=urn:btih:0123456789012345678901234567890123456789"
                                 "&xs=http://h/a.torrent&so=4");
  BOOST_REQUIRE(release);
  BOOST_TEST(track_uri(*release, "x.ogg", 3) ==
             "magnet:?xt=urn:btih:0123456789012345678901234567890123456789"
             "&xs=http://h/a.torrent&so=3");
}

BOOST_AUTO_TEST_CASE(a_metainfo_url_becomes_a_triad_uri) {
  BOOST_TEST(*release_uri("https://h/a.torrent?t=x") == "triad://h/a.torrent?t=x");
  BOOST_TEST(*release_uri("HTTP://h/a.torrent") == "triad+http://h/a.torrent");
  BOOST_TEST(*release_uri("file:///m/a.torrent") == "triad+file:///m/a.torrent");
  for (const char* url : {"", "ftp://h/a.torrent", "https://h/a.ogg", "https://", "https://h/",
                          "https://h/a.torrent/x.ogg", "https://h/a.torrent#x", "file:a.torrent"})
    BOOST_TEST(!release_uri(url), url);
}

BOOST_AUTO_TEST_CASE(every_byte_survives_percent_encoding) {
  std::string raw;
  for (int byte = 0; byte < 256; ++byte)
    raw.push_back(static_cast<char>(byte));
  BOOST_TEST(percent_decode(encode_path(raw)).value() == raw);
  BOOST_TEST(encode_path("a/b c\u00e9") == "a/b%20c%C3%A9");
}

BOOST_AUTO_TEST_SUITE_END()
