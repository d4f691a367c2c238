// SPDX-License-Identifier: LGPL-2.1-or-later
// Which addresses and hosts a stranger's metainfo must not lead to.
#include "server/address.h"

#include <boost/test/unit_test.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

using triad::is_private_address;
using triad::is_private_host;

BOOST_AUTO_TEST_SUITE(address_tests)

BOOST_AUTO_TEST_CASE(private_addresses) {
  for (const char* address : {"127.0.0.1",
                              "127.255.255.254",
                              "10.0.0.1",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.1.1",
                              "169.254.169.254",
                              "100.64.0.1",
                              "100.127.255.255",
                              "0.0.0.0",
                              "192.0.0.8",
                              "198.18.0.1",
                              "224.0.0.1",
                              "239.255.255.255",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "fc00::1",
                              "fd12:3456::1",
                              "fe80::1",
                              "fe80::1%eth0",
                              "fec0::1",
                              "ff02::1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.1.2.3",
                              "::10.1.2.3",
                              "64:ff9b::192.168.0.1",
                              "2002:c0a8:0101::1",
                              "2001::1",
                              "2001:db8::1",
                              "[::1]",
                              "64:ff9b:1::1"})
    BOOST_TEST(is_private_address(address), address);
}

BOOST_AUTO_TEST_CASE(public_addresses) {
  for (const char* address :
       {"1.1.1.1", "9.255.255.255", "11.0.0.0", "126.255.255.255", "128.0.0.0", "172.15.255.255",
        "172.32.0.0", "192.167.255.255", "192.169.0.0", "100.63.255.255", "100.128.0.0",
        "223.255.255.255", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
        "2002:0808:0808::1", "[2a00::1]"})
    BOOST_TEST(!is_private_address(address), address);
  for (const char* nothing : {"", "localhost", "1.2.3", "1.2.3.4.5", "[::1", "example.org"})
    BOOST_TEST(!is_private_address(nothing), nothing);
}

BOOST_AUTO_TEST_CASE(socket_addresses) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(0x7F000001);
  BOOST_TEST(is_private_address(reinterpret_cast<const sockaddr&>(v4)));
  v4.sin_addr.s_addr = htonl(0x08080808);
  BOOST_TEST(!is_private_address(reinterpret_cast<const sockaddr&>(v4)));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  BOOST_TEST(is_private_address(reinterpret_cast<const sockaddr&>(v6)));
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  BOOST_TEST(is_private_address(reinterpret_cast<const sockaddr&>(local)));
}

BOOST_AUTO_TEST_CASE(hosts_behind_a_proxy) {
  for (const char* host : {"localhost", "LOCALHOST.", "a.localhost", "nas", "nas.local",
                           "db.internal", "tv.home.arpa", "10.0.0.1", "[::1]", ""})
    BOOST_TEST(is_private_host(host), host);
  for (const char* host : {"example.org", "8.8.8.8", "[2a00::1]", "notlocal.org", "local.example"})
    BOOST_TEST(!is_private_host(host), host);
}

BOOST_AUTO_TEST_SUITE_END()
