// SPDX-License-Identifier: LGPL-2.1-or-later
// HTTP connections: requests, garbage, floods, and who may come in.
#include "connections_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace triad::tracker;

namespace {

const std::string request = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string upgrade_head =
    "Host: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

} // namespace

BOOST_FIXTURE_TEST_SUITE(connections_http, ConnectionsFixture)

BOOST_AUTO_TEST_CASE(requests_are_answered_one_after_another) {
  auto client = connect();
  client.send(request + "HEAD /y HTTP/1.1\r\n\r\n" + request);
  pump();
  BOOST_TEST(client.read_answer().body == "GET /x");
  BOOST_TEST(client.read_answer(true).head.find("Content-Length: 7\r\n") != std::string::npos);
  BOOST_TEST(client.read_answer().body == "GET /x");
  client.send("GET /z HTTP/1.1\r\nConnection: close\r\n\r\n" + request);
  pump();
  BOOST_TEST(client.read_answer().body == "GET /z");
  BOOST_TEST(client.read_end());
  BOOST_TEST(counters.http_requests == 4u);
}

BOOST_AUTO_TEST_CASE(garbage_is_answered_and_ends) {
  for (const std::string& garbage :
       {std::string("\x16\x03\x01\x02\x00\x01"), std::string(100'000, 'x'),
        "GET / HTTP/1.1\r\n" + std::string(9000, 'a') + ": b\r\n\r\n"}) {
    auto client = connect();
    client.send(garbage);
    pump();
    const unsigned status = client.read_answer().status;
    BOOST_TEST((status == 400u || status == 431u));
    BOOST_TEST(client.read_end());
    client.close();
    pump();
  }
  BOOST_TEST(connections.size() == 0u);
}

BOOST_AUTO_TEST_CASE(who_sends_a_request_too_slowly_ends) {
  auto slow = connect();
  auto idle = connect();
  auto kept = connect();
  for (int i = 0; i < 9; ++i) {
    slow.send("G");
    kept.send(request);
    pump();
    BOOST_TEST(kept.read_answer().status == 200u);
    pass(1);
  }
  BOOST_TEST(connections.size() == 3u);
  pass(2);
  BOOST_TEST(connections.size() == 1u);
  BOOST_TEST(idle.read_end());
  pass(10);
  BOOST_TEST(kept.read_end());
}

BOOST_AUTO_TEST_CASE(too_many_connections_of_an_address_are_told_so) {
  rules.address.connections = 2;
  access.apply(rules);
  auto first = open_websocket();
  auto second = connect();
  auto third = connect();
  auto other = connect(2);
  third.send(request);
  other.send(request);
  pump();
  const auto refused = third.read_answer();
  BOOST_TEST(refused.status == 429u);
  BOOST_TEST(refused.head.find("Retry-After: ") != std::string::npos);
  BOOST_TEST(third.read_end());
  BOOST_TEST(other.read_answer().status == 200u);
  BOOST_TEST(access.refusals().of(Refusal::address_connections) == 1u);
  second.close();
  pump();
  auto fourth = connect();
  fourth.send(request);
  pump();
  BOOST_TEST(fourth.read_answer().status == 200u);
}

BOOST_AUTO_TEST_CASE(a_full_tracker_says_so_and_does_not_keep_all_who_come) {
  rules.connections = 1;
  access.apply(rules);
  auto in = open_websocket();
  std::vector<triad::test::WebSocketClient> others;
  for (int i = 0; i < 300; ++i) {
    others.push_back(connect());
  }
  BOOST_TEST(connections.size() == 257u); // the others were just closed
  BOOST_TEST(others.back().read_end());
  others.front().send(request);
  pump();
  BOOST_TEST(others.front().read_answer().status == 503u);
  others.clear();
  pump();
  BOOST_TEST(connections.size() == 1u);
  auto next = connect();
  next.send(request);
  pump();
  BOOST_TEST(next.read_answer().status == 503u);
}

BOOST_AUTO_TEST_CASE(who_needs_a_token_and_has_none_is_forbidden) {
  auto secrets = TokenSecrets::parse("0123456789abcdef0123456789abcdef\n");
  BOOST_REQUIRE(secrets);
  rules.secrets = *secrets;
  access.apply(rules);
  auto without = connect();
  without.send("GET / HTTP/1.1\r\n" + upgrade_head + "\r\n");
  pump();
  BOOST_TEST(without.read_answer().status == 403u);
  auto with = connect();
  with.send("GET /" + secrets->mint({1'000'000, {}}) + "/announce HTTP/1.1\r\n" + upgrade_head +
            "\r\n");
  pump();
  BOOST_TEST(with.read_answer().status == 101u);
  auto page = connect();
  page.send(request);
  pump();
  BOOST_TEST(page.read_answer().status == 200u);
}

BOOST_AUTO_TEST_CASE(a_proxy_says_for_whom_it_asks) {
  rules.address.connections = 1;
  access.apply(rules);
  connections.apply(limits, 1);
  const auto ask = [&](const std::string& from) {
    auto client = connect();
    client.send("GET / HTTP/1.1\r\nX-Forwarded-For: 198.51.100.9, " + from + "\r\n" + upgrade_head +
                "\r\n");
    pump();
    return std::pair(client.read_answer().status, std::move(client));
  };
  const auto first = ask("192.0.2.1");
  const auto second = ask("192.0.2.2");
  const auto again = ask("192.0.2.1");
  BOOST_TEST(first.first == 101u);
  BOOST_TEST(second.first == 101u);
  BOOST_TEST(again.first == 429u);
  // Requests for many that come over one connection are each somebody else's.
  auto proxy = connect(9);
  for (const auto& [from, status] : {std::pair("192.0.2.3", 200u), {"192.0.2.4", 200u}}) {
    proxy.send(std::string("GET / HTTP/1.1\r\nX-Forwarded-For: ") + from + "\r\n\r\n");
    pump();
    BOOST_TEST(proxy.read_answer().status == status);
  }
  // Trust that is taken back leaves no connection without an address.
  connections.apply(limits, 0);
  proxy.send(request);
  pump();
  BOOST_TEST(proxy.read_answer().status == 200u);
}

BOOST_AUTO_TEST_SUITE_END()
