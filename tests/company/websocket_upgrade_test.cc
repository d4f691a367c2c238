// SPDX-License-Identifier: LGPL-2.1-or-later
// The HTTP answer that makes a connection a WebSocket.
#include "peers/company/websocket_upgrade.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::trackers;

namespace {

const std::string key = "dGhlIHNhbXBsZSBub25jZQ=="; // RFC 6455, section 1.3
const std::string status = "HTTP/1.1 101 Switching Protocols\r\n";
const std::string upgrade = "Upgrade: websocket\r\n", connection = "Connection: Upgrade\r\n",
                  accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
const std::string good = status + upgrade + connection + accept + "\r\n";

void check_refused(const std::string& response, const std::string& why) {
  const auto read = read_upgrade(response, key);
  BOOST_TEST(!read, response);
  if (!read)
    BOOST_TEST(read.error().message == why);
}

} // namespace

BOOST_AUTO_TEST_SUITE(websocket_upgrade)

BOOST_AUTO_TEST_CASE(the_standards_example) {
  BOOST_TEST(upgrade_accept(key) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const auto read = read_upgrade(good + "\x81\x02hi", key);
  BOOST_REQUIRE(read);
  BOOST_TEST(read->value() == good.size());
  BOOST_TEST(upgrade_request("t.example:81", "/x?y", "agent/1", key) ==
             "GET /x?y HTTP/1.1\r\nHost: t.example:81\r\nUser-Agent: agent/1\r\n"
             "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " +
                 key + "\r\nSec-WebSocket-Version: 13\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(it_may_come_in_pieces) {
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto read = read_upgrade(std::string_view(good).substr(0, size), key);
    BOOST_REQUIRE_MESSAGE(read, size);
    BOOST_TEST(!read->has_value());
  }
}

BOOST_AUTO_TEST_CASE(names_and_tokens_come_in_any_case_and_order) {
  for (const std::string& response :
       {status + accept + "CONNECTION:keep-alive,  upgrade \r\nupgrade:\tWebSocket\r\n\r\n",
        "HTTP/1.1 101\r\n" + upgrade + connection + accept + "\r\n",
        status + "Server: x: y\r\nEmpty:\r\n" + upgrade + "Connection: close\r\n" + connection +
            accept + "\r\n"}) {
    const auto read = read_upgrade(response, key);
    BOOST_TEST((read && read->has_value()), response);
  }
}

BOOST_AUTO_TEST_CASE(another_answer_is_refused) {
  check_refused("HTTP/1.1 302 Found\r\nLocation: ws://other.example/\r\n\r\n",
                "it answers with HTTP status 302");
  check_refused("HTTP/1.1 403 Forbidden\r\n\r\n", "it answers with HTTP status 403");
  check_refused("HTTP/1.0 101 x\r\n" + upgrade + connection + accept + "\r\n",
                "it answers in HTTP/1.0");
  for (const char* line : {"SSH-2.0-OpenSSH\r\n", "H2", "HTTP/2 101\r\n\r\n", "HTTP/1.1\r\n\r\n",
                           "HTTP/1.1 1o1 x\r\n\r\n", "HTTP/1.1 1011\r\n\r\n"})
    check_refused(line, "it does not answer in HTTP");
}

BOOST_AUTO_TEST_CASE(each_field_is_needed_and_checked) {
  check_refused(status + connection + accept + "\r\n", "it does not upgrade to a WebSocket");
  check_refused(status + upgrade + accept + "\r\n", "it does not upgrade to a WebSocket");
  check_refused(status + "Upgrade: websockets\r\n" + connection + accept + "\r\n",
                "it does not upgrade to a WebSocket");
  check_refused(status + upgrade + connection + "\r\n", "it sends no Sec-WebSocket-Accept");
  const std::string wrong = "its Sec-WebSocket-Accept is wrong";
  check_refused(status + upgrade + connection + "Sec-WebSocket-Accept: x\r\n\r\n", wrong);
  check_refused(status + upgrade + connection +
                    "Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO=\r\n\r\n",
                wrong);
  check_refused(status + upgrade + connection + accept + accept + "\r\n", wrong);
  const std::string unasked = "it chose a WebSocket extension or protocol that was not offered";
  check_refused(status + upgrade + connection + accept +
                    "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
                unasked);
  check_refused(status + upgrade + connection + accept + "Sec-WebSocket-Protocol: x\r\n\r\n",
                unasked);
}

BOOST_AUTO_TEST_CASE(a_malformed_header_is_refused) {
  const std::string malformed = "its HTTP header is malformed";
  for (const std::string& line :
       {std::string("no colon"), std::string(": no name"), std::string("a b: c"),
        std::string(" folded"), std::string("a : b"), std::string("a: b\nc"),
        std::string("a: \0", 4)})
    check_refused(status + upgrade + line + "\r\n\r\n", malformed);
}

BOOST_AUTO_TEST_CASE(an_endless_header_is_refused) {
  check_refused(status + "X: " + std::string(max_upgrade_bytes, 'x'),
                "its HTTP header is too long");
  const std::string most =
      status + upgrade + connection + accept +
      "X: " + std::string(max_upgrade_bytes - good.size() - std::string("X: \r\n").size(), 'x') +
      "\r\n\r\n";
  BOOST_TEST(most.size() == max_upgrade_bytes);
  const auto read = read_upgrade(most, key);
  BOOST_TEST((read && *read == max_upgrade_bytes));
}

BOOST_AUTO_TEST_SUITE_END()
