// SPDX-License-Identifier: LGPL-2.1-or-later
// Addresses to listen on, and those that proxies tell.
#include "tracker/server/socket_address.h"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>

using namespace triad::tracker;

namespace {

// As text; "" where there is none.
std::string shown(const std::optional<Address>& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address) {
    inet_ntop(address->ipv6 ? AF_INET6 : AF_INET, address->bytes.data(), text, sizeof text);
  }
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(socket_addresses)

BOOST_AUTO_TEST_CASE(addresses_to_listen_on_are_read_and_written) {
  for (const char* host : {"127.0.0.1", "0.0.0.0", "[::1]", "[::]"}) {
    const auto address = parse_socket_address(std::string(host) + ":8000");
    BOOST_REQUIRE(address);
    BOOST_TEST(host_of(*address) == host);
    BOOST_TEST(address->port() == 8000);
  }
  BOOST_TEST(!parse_socket_address("8000"));
  BOOST_TEST(!parse_socket_address("example.org:8000"));
}

BOOST_AUTO_TEST_CASE(an_ipv4_address_in_ipv6_is_an_ipv4_address) {
  BOOST_TEST(shown(parse_socket_address("[::ffff:192.0.2.1]:1")->address()) == "192.0.2.1");
  BOOST_TEST(shown(parse_socket_address("[2001:db8::1]:1")->address()) == "2001:db8::1");
}

BOOST_AUTO_TEST_CASE(proxies_write_addresses_in_many_ways) {
  BOOST_TEST(shown(parse_forwarded(" 192.0.2.1 ")) == "192.0.2.1");
  BOOST_TEST(shown(parse_forwarded("192.0.2.1:4711")) == "192.0.2.1");
  BOOST_TEST(shown(parse_forwarded("2001:db8::1")) == "2001:db8::1");
  BOOST_TEST(shown(parse_forwarded("[2001:db8::1]:4711")) == "2001:db8::1");
  BOOST_TEST(shown(parse_forwarded("::ffff:192.0.2.1")) == "192.0.2.1");
  for (const char* none : {"", " ", "unknown", "[", "1.2.3", ":", "[]"}) {
    BOOST_TEST(shown(parse_forwarded(none)) == "");
  }
  BOOST_TEST(!parse_forwarded(std::string_view("192.0.2.1\0x", 11)));
}

// What a client writes itself stands before what proxies add.
BOOST_AUTO_TEST_CASE(only_trusted_entries_count) {
  const std::string_view header = "10.9.9.9, 192.0.2.7,198.51.100.2";
  BOOST_TEST(shown(forwarded_address(header, 1)) == "198.51.100.2");
  BOOST_TEST(shown(forwarded_address(header, 2)) == "192.0.2.7");
  BOOST_TEST(shown(forwarded_address(header, 3)) == "10.9.9.9");
  BOOST_TEST(shown(forwarded_address(header, 4)) == "");
  BOOST_TEST(shown(forwarded_address("", 1)) == "");
}

BOOST_AUTO_TEST_SUITE_END()
