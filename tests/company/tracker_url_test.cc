// SPDX-License-Identifier: LGPL-2.1-or-later
// Which announce URLs are taken, and the STUN servers that trackers name.
#include "peers/company/tracker_url.h"

#include <boost/test/unit_test.hpp>

using namespace triad::trackers;
using Texts = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(tracker_url)

BOOST_AUTO_TEST_CASE(urls_are_taken_apart) {
  const auto plain = parse_tracker_url("ws://Tracker.Example.org");
  BOOST_REQUIRE(plain.has_value());
  BOOST_TEST(!plain->tls);
  BOOST_TEST(plain->host == "tracker.example.org");
  BOOST_TEST(plain->port == 80);
  BOOST_TEST(plain->target == "/");
  BOOST_TEST(plain->authority() == "tracker.example.org");

  const auto secure = parse_tracker_url("WSS://t.example:8443/secret?token=a/b");
  BOOST_REQUIRE(secure.has_value());
  BOOST_TEST(secure->tls);
  BOOST_TEST(secure->port == 8443);
  BOOST_TEST(secure->target == "/secret?token=a/b");
  BOOST_TEST(secure->authority() == "t.example:8443");
  BOOST_TEST(secure->origin() == "wss://t.example:8443");

  const auto six = parse_tracker_url("wss://[2001:DB8::1]?x");
  BOOST_REQUIRE(six.has_value());
  BOOST_TEST(six->host == "2001:db8::1");
  BOOST_TEST(six->port == 443);
  BOOST_TEST(six->target == "/?x");
  BOOST_TEST(six->authority() == "[2001:db8::1]");
  BOOST_TEST(parse_tracker_url("ws://[::1]:81/")->authority() == "[::1]:81");
}

BOOST_AUTO_TEST_CASE(what_is_no_tracker_url_is_refused) {
  for (const char* url :
       {"", "ws:", "ws://", "ws:///x", "http://t.example/", "udp://t.example:1", "//t.example",
        "ws://t.example:0/", "ws://t.example:65536/", "ws://t.example:/", "ws://u:p@t.example/",
        "ws://t.example/#f", "ws://t.exa mple/", "ws://t.example/\r\nX: y", "ws://[::1/",
        "ws://[]/", "ws://[t.example]/", "ws://t_\xc3\xa4/"})
    BOOST_TEST(!parse_tracker_url(url).has_value(), url);
  BOOST_TEST(!parse_tracker_url("ws://t.example/" + std::string(2048, 'a')).has_value());
  BOOST_TEST(!parse_tracker_url(std::string("ws://t.example/\0x", 17)).has_value());
}

BOOST_AUTO_TEST_CASE(stun_servers_are_named_relative_to_the_tracker) {
  const TrackerUrl name = *parse_tracker_url("wss://t.example/x");
  BOOST_TEST((resolve_stun({"stun::8000", "stun:Other.example:99", "stun:third.example"}, name) ==
              Texts{"stun:t.example:8000", "stun:other.example:99", "stun:third.example:3478"}));
  const TrackerUrl six = *parse_tracker_url("ws://[::1]:8000");
  BOOST_TEST((resolve_stun({"stun::8000", "stun:[2001:db8::2]:5"}, six) ==
              Texts{"stun:[::1]:8000", "stun:[2001:db8::2]:5"}));
}

BOOST_AUTO_TEST_CASE(nonsense_for_a_stun_server_is_left_out) {
  const TrackerUrl url = *parse_tracker_url("ws://t.example");
  BOOST_TEST(resolve_stun({"stun:", "stun::", "stun::0", "stun::99999", "stun:a b:1", "turn:a:1",
                           "stun:u@a:1", "stun:a:1?transport=tcp", "stun:[::1", ""},
                          url)
                 .empty());
}

BOOST_AUTO_TEST_SUITE_END()
