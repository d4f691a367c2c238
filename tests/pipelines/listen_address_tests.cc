// SPDX-License-Identifier: LGPL-2.1-or-later
// What --listen takes, and what it refuses.
#include "command_line/listen_address.h"

#include <boost/test/unit_test.hpp>

using namespace triad::tool;

BOOST_AUTO_TEST_SUITE(listen_address)

BOOST_AUTO_TEST_CASE(what_is_one) {
  const struct {
    const char* text;
    const char* origin;
  } cases[] = {{"127.0.0.1:8000", "http://127.0.0.1:8000"},
               {"0.0.0.0:0", "http://0.0.0.0:0"},
               {"[::1]:0", "http://[::1]:0"},
               {"[::]:80", "http://[::]"},
               {"localhost:65535", "http://127.0.0.1:65535"}};
  for (const auto& each : cases) {
    const auto address = parse_listen_address(each.text);
    BOOST_REQUIRE_MESSAGE(address, each.text);
    BOOST_TEST(http_origin(*address) == each.origin);
  }
}

BOOST_AUTO_TEST_CASE(what_is_none) {
  for (const char* text :
       {"", ":", "8000", ":8000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:+1", "127.0.0.1:8000x", "127.0.0.1: 8000", "::1:8000", "[::1]", "[]:8000",
        "[127.0.0.1]:8000", "256.0.0.1:1", "example.org:8000", "[::1:8000"}) {
    BOOST_TEST(!parse_listen_address(text), text);
  }
  BOOST_TEST(!parse_listen_address(std::string_view("127.0.0.1\0:80", 13)));
}

BOOST_AUTO_TEST_SUITE_END()
