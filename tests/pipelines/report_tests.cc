// SPDX-License-Identifier: LGPL-2.1-or-later
// What the tool says at the end and while it plays, and the keys that it hears.
#include "triad/json.h"
#include "triad/keyboard.h"
#include "triad/live_line.h"
#include "triad/track_report.h"

#include <boost/test/unit_test.hpp>

using namespace triad::tool;

BOOST_AUTO_TEST_SUITE(report)

BOOST_AUTO_TEST_CASE(json_is_escaped) {
  BOOST_TEST(json_string(std::string_view("a\"b\\c\n\xc3\xa4\x01")) ==
             "\"a\\\"b\\\\c\\u000a\xc3\xa4\\u0001\"");
  BOOST_TEST(json_string(std::string_view("\xff")) == "\"\xef\xbf\xbd\"");
  BOOST_TEST(json_string(std::optional<std::string>()) == "null");
}

BOOST_AUTO_TEST_CASE(numbers_are_json) {
  BOOST_TEST(json_number(0) == "0");
  BOOST_TEST(json_number(12.34) == "12.3");
  BOOST_TEST(json_number(1e6) == "1000000");
  BOOST_TEST(json_number(1.0 / 0.0) == "null");
  BOOST_TEST(json_number(std::nullopt) == "null");
}

BOOST_AUTO_TEST_CASE(the_report_keeps_its_contract) {
  TrackReport played;
  played.uri = "triad://h/a.torrent/x.ogg";
  played.start_ms = 12.5;
  played.duration_ms = 1000;
  played.stalls = 2;
  played.stalled_ms = 30;
  played.bytes_cache = 1;
  played.bytes_peers = 7;
  played.bytes_server = 2;
  played.links = 2;
  played.peers = {{"ab12", 4}, {"cd34", 3}};
  played.wasted_bytes = 3;
  TrackReport failed;
  failed.uri = "u";
  failed.error = "why";
  BOOST_TEST(report_as_json({played, failed}) ==
             "{\"tracks\":[{\"uri\":\"triad://h/a.torrent/x.ogg\",\"start_ms\":12.5,"
             "\"duration_ms\":1000,\"stalls\":2,\"stalled_ms\":30,\"bytes\":{\"cache\":1,"
             "\"peers\":7,\"server\":2},\"links\":2,\"peers\":[{\"id\":\"ab12\",\"bytes\":4},"
             "{\"id\":\"cd34\",\"bytes\":3}],\"wasted_bytes\":3,\"error\":null},{\"uri\":\"u\","
             "\"start_ms\":null,\"duration_ms\":null,\"stalls\":0,\"stalled_ms\":0,\"bytes\":{"
             "\"cache\":0,\"peers\":0,\"server\":0},\"links\":0,\"peers\":[],\"wasted_bytes\":0,"
             "\"error\":\"why\"}]}\n");
  BOOST_TEST(report_as_json({}) == "{\"tracks\":[]}\n");
  BOOST_TEST(report_as_text({played}) == "x.ogg (0:01): cache 1 B, peers 7 B, server 2 B, wasted 3 "
                                         "B; start 12.5 ms, 2 stalls (30 ms)\n");
}

BOOST_AUTO_TEST_CASE(the_live_line) {
  PlayerState state;
  state.track = 1;
  state.tracks = 9;
  state.uri = "triad://h/a.torrent/02%20Ice.ogg";
  state.position = 83.2;
  state.duration = 225;
  state.buffered = 12.2;
  state.bytes_cache = 1'200'000;
  state.bytes_peers = 2'000'000;
  state.bytes_server = 340'000;
  state.links = 3;
  BOOST_TEST(
      live_text(state) ==
      "2/9 1:23/3:45  buffer 12 s  cache 1.2 MB  peers 2.0 MB (3)  server 340.0 kB  02 Ice.ogg");
}

BOOST_AUTO_TEST_CASE(keys) {
  const std::vector<Key> expected = {Key::pause, Key::back, Key::forward, Key::next, Key::quit};
  BOOST_TEST((parse_keys(" \033[D\033OCxnq") == expected));
  BOOST_TEST(parse_keys("\033[A\033[B\033").empty());
}

BOOST_AUTO_TEST_SUITE_END()
