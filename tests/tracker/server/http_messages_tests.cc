// SPDX-License-Identifier: LGPL-2.1-or-later
// HTTP requests in, responses and WebSocket handshakes out.
#include "tracker/server/http_messages.h"

#include <boost/test/unit_test.hpp>

using namespace triad::tracker;

namespace {

HttpRequest whole(const std::string& text) {
  auto parsed = parse_http_request(text);
  BOOST_REQUIRE(std::holds_alternative<HttpRequest>(parsed));
  return std::get<HttpRequest>(parsed);
}

unsigned fault(const std::string& text) {
  const auto parsed = parse_http_request(text);
  BOOST_REQUIRE(std::holds_alternative<HttpFault>(parsed));
  return std::get<HttpFault>(parsed).status;
}

const std::string upgrade_request =
    "GET /announce?token=x HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\n"
    "upgrade: WebSocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n";

} // namespace

BOOST_AUTO_TEST_SUITE(http_messages)

BOOST_AUTO_TEST_CASE(a_request_is_taken_and_what_follows_left) {
  const std::string text = "GET /stats?a=1 HTTP/1.1\r\nHost: h\r\nAccept: text/html\r\n"
                           "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2, 192.0.2.3"
                           "\r\nAuthorization: Bearer t\r\n\r\n";
  const HttpRequest request = whole(text + "GET /");
  BOOST_TEST(request.method == "GET");
  BOOST_TEST(request.path() == "/stats");
  BOOST_TEST(request.query() == "a=1");
  BOOST_TEST(request.accept == "text/html");
  BOOST_TEST(request.authorization == "Bearer t");
  BOOST_TEST(request.forwarded_for == "192.0.2.1,192.0.2.2, 192.0.2.3");
  BOOST_TEST(request.keep_alive);
  BOOST_TEST(!request.upgrade);
  BOOST_TEST(request.size == text.size());
}

BOOST_AUTO_TEST_CASE(a_part_of_a_request_is_waited_for) {
  const std::string text = "POST /dial HTTP/1.1\r\nContent-Length: 13\r\n\r\npeer_share=50";
  for (std::size_t size = 0; size < text.size(); ++size) {
    BOOST_TEST(std::holds_alternative<HttpIncomplete>(parse_http_request(text.substr(0, size))));
  }
  BOOST_TEST(whole(text).body == "peer_share=50");
}

BOOST_AUTO_TEST_CASE(chunked_bodies_are_put_together) {
  const std::string text =
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  BOOST_TEST(whole(text + "G").body == "abcde");
  BOOST_TEST(whole(text + "G").size == text.size());
}

BOOST_AUTO_TEST_CASE(nonsense_and_excess_have_their_status) {
  BOOST_TEST(fault("\x16\x03\x01\x02") == 400u);
  BOOST_TEST(fault("\r\n\r\n") == 400u);
  BOOST_TEST(fault("GET / HTTP/1.1\r\nA: " + std::string(max_http_header, 'x')) == 431u);
  std::string flood = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 3000; ++i) {
    flood += "A: b\r\n";
  }
  BOOST_TEST(fault(flood) == 431u);
  BOOST_TEST(fault("POST / HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n") == 413u);
  BOOST_TEST(fault("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n") == 400u);
}

BOOST_AUTO_TEST_CASE(the_handshake_has_the_value_of_the_rfc) {
  const HttpRequest request = whole(upgrade_request);
  BOOST_TEST(request.upgrade);
  const auto accepted = accept_websocket(request);
  BOOST_REQUIRE(std::holds_alternative<std::string>(accepted));
  const auto& text = std::get<std::string>(accepted);
  BOOST_TEST(text.starts_with("HTTP/1.1 101 "));
  // RFC 6455 section 1.3.
  BOOST_TEST(text.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(handshakes_that_are_none_are_refused) {
  HttpRequest request = whole(upgrade_request);
  request.websocket_version = "8";
  auto refused = accept_websocket(request);
  BOOST_REQUIRE(std::holds_alternative<HttpResponse>(refused));
  BOOST_TEST(std::get<HttpResponse>(refused).status == 426u);
  BOOST_TEST(
      std::get<HttpResponse>(refused).text(false, false).find("Sec-WebSocket-Version: 13\r\n") !=
      std::string::npos);
  request = whole(upgrade_request);
  request.websocket_key = "short";
  refused = accept_websocket(request);
  BOOST_REQUIRE(std::holds_alternative<HttpResponse>(refused));
  BOOST_TEST(std::get<HttpResponse>(refused).status == 400u);
}

// Neither counts as header or body.
BOOST_AUTO_TEST_CASE(chunks_and_trailers_end_somewhere) {
  const std::string begin = "POST /dial HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string trailers = "0\r\n";
  while (trailers.size() < max_http_request) {
    trailers += "Name: value\r\n";
  }
  for (const std::string& rest : {"1;" + std::string(max_http_request, 'a'), trailers}) {
    const std::string text = begin + rest;
    BOOST_TEST(std::holds_alternative<HttpIncomplete>(
        parse_http_request(text.substr(0, max_http_request))));
    const auto parsed = parse_http_request(text);
    BOOST_REQUIRE(std::holds_alternative<HttpFault>(parsed));
    BOOST_TEST(std::get<HttpFault>(parsed).status == 413u);
  }
  const std::string two = begin + "4;a=b\r\nbody\r\n0\r\nName: value\r\n\r\n";
  BOOST_TEST(whole(two + std::string(max_http_request, ' ')).size == two.size());
}

BOOST_AUTO_TEST_CASE(a_head_is_answered_without_its_body) {
  HttpResponse response;
  response.body = "four";
  BOOST_TEST(response.text(true, false).ends_with("\r\n\r\nfour"));
  const std::string head = response.text(false, true);
  BOOST_TEST(head.ends_with("Connection: close\r\n\r\n"));
  BOOST_TEST(head.find("Content-Length: 4\r\n") != std::string::npos);
  BOOST_TEST(head.starts_with("HTTP/1.1 200 OK\r\n"));
}

BOOST_AUTO_TEST_CASE(parameters_are_found_by_their_whole_name) {
  BOOST_TEST(parameter("a=1&bb=2&c=", "bb").value_or("-") == "2");
  BOOST_TEST(parameter("a=1&bb=2&c=", "c").value_or("-") == "");
  BOOST_TEST(!parameter("a=1&bb=2", "b"));
  BOOST_TEST(!parameter("bb", "bb"));
  BOOST_TEST(!parameter("", "a"));
}

BOOST_AUTO_TEST_SUITE_END()
