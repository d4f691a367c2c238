// SPDX-License-Identifier: LGPL-2.1-or-later
// Candidates as browsers and libraries write them, and as strangers may.
#include "peers/link/candidate.h"

#include "kit/random.h"

#include <boost/test/unit_test.hpp>

#include <array>
#include <string>

using namespace triad;

namespace {

// What a usable line says, written again; "unusable" or "error" otherwise.
std::string read(const std::string& line) {
  const auto candidate = parse_candidate(line);
  if (!candidate)
    return "error";
  return *candidate ? write_candidate(**candidate) : "unusable";
}

BOOST_AUTO_TEST_SUITE(candidates)

BOOST_AUTO_TEST_CASE(as_others_write_them) {
  // Chromium 156, with and without mDNS; libdatachannel; Firefox; libnice.
  BOOST_TEST(read("candidate:2322708604 1 udp 2113937151 10.79.0.1 40256 typ host generation 0 "
                  "network-cost 999") ==
             "candidate:2322708604 1 udp 2113937151 10.79.0.1 40256 typ host");
  BOOST_TEST(read("a=candidate:1 1 UDP 2122317823 192.168.1.2 48033 typ host\r\n") ==
             "candidate:1 1 udp 2122317823 192.168.1.2 48033 typ host");
  BOOST_TEST(
      read("candidate:0 1 UDP 1686052607 203.0.113.11 1024 typ srflx raddr 0.0.0.0 rport 0") ==
      "candidate:0 1 udp 1686052607 203.0.113.11 1024 typ srflx raddr 0.0.0.0 rport 0");
  BOOST_TEST(
      read("candidate:3 1 udp 41885951 2001:db8::1 50000 typ relay raddr 203.0.113.11 rport "
           "1024 generation 0 ufrag abcd network-id 1") ==
      "candidate:3 1 udp 41885951 2001:db8::1 50000 typ relay raddr 203.0.113.11 rport 1024");
  const std::string name = "0b7a1e9e-0b1f-4f6c-8e4e-5f2c1f2f3b11.local";
  BOOST_TEST(read("candidate:1 1 udp 1 " + name + " 9 typ host") ==
             "candidate:1 1 udp 1 " + name + " 9 typ host");
  BOOST_TEST((*parse_candidate("candidate:1 1 udp 1 A.LOCAL 9 typ host"))->mdns());
  BOOST_TEST(!(*parse_candidate("candidate:1 1 udp 1 10.0.0.1 9 typ host"))->mdns());
}

BOOST_AUTO_TEST_CASE(not_for_us) {
  for (const char* line : {
           "candidate:1 2 udp 1 10.0.0.1 9 typ host",
           "candidate:1 1 tcp 1 10.0.0.1 9 typ host tcptype active",
           "candidate:1 1 tcp 1 10.0.0.1 9 typ host",
           "candidate:1 1 ssltcp 1 10.0.0.1 443 typ relay",
           "candidate:1 1 udp 1 example.org 9 typ host",
           "candidate:1 1 udp 1 10.0.0.1 9 typ future",
           "candidate:1 1 udp 1 10.0.0.1 0 typ host",
           "candidate:1 1 udp 1 0.0.0.0 9 typ host",
           "candidate:1 1 udp 1 224.0.0.251 9 typ host",
           "candidate:1 1 udp 1 255.255.255.255 9 typ host",
           "candidate:1 1 udp 1 :: 9 typ host",
           "candidate:1 1 udp 1 ff02::fb 9 typ host",
           "candidate:1 1 udp 1 ::ffff:10.0.0.1 9 typ host",
           "candidate:1 1 udp 1 fe80::1%eth0 9 typ host",
       }) {
    BOOST_TEST(read(line) == "unusable", line);
  }
}

BOOST_AUTO_TEST_CASE(malformed) {
  for (const char* line : {
           "",
           "candidate:",
           "a=candidate",
           "Candidate:1 1 udp 1 10.0.0.1 9 typ host",
           "candidate:1 1 udp 1 10.0.0.1 9",
           "candidate:1 1 udp 1 10.0.0.1 9 typ",
           "candidate:1 1 udp 1 10.0.0.1 9 type host",
           "candidate: 1 udp 1 10.0.0.1 9 typ host",
           "candidate:1_ 1 udp 1 10.0.0.1 9 typ host",
           "candidate:123456789012345678901234567890123 1 udp 1 10.0.0.1 9 typ host",
           "candidate:1 -1 udp 1 10.0.0.1 9 typ host",
           "candidate:1 1 udp 4294967296 10.0.0.1 9 typ host",
           "candidate:1 1 udp 1 10.0.0.1 65536 typ host",
           "candidate:1 1 udp 1 10.0.0.1 +9 typ host",
           "candidate:1 1 udp 1 a/b.local 9 typ host",
           "candidate:1 1 udp 1 -..local 9 typ host",
           "candidate:1 1 udp 1 10.0.0.1 9 typ srflx raddr 10.0.0.1 rport 65536",
           "candidate:1 1 udp 1 10.0.0.1 9 typ srflx raddr 10.0.0.1 rport",
       }) {
    BOOST_TEST(read(line) == "error", line);
  }
  const std::string cut("candidate:1 1 udp 1 10.0.0.1\0 9 typ host", 41);
  BOOST_TEST(read(cut) == "error");
  BOOST_TEST(read("candidate:1 1 udp 1 10.0.0.1 9 typ host" + std::string(2000, 'x')) == "error");
}

BOOST_AUTO_TEST_CASE(a_related_name_is_left_out) {
  BOOST_TEST(read("candidate:1 1 udp 1 10.0.0.1 9 typ srflx raddr x.local rport 5") ==
             "candidate:1 1 udp 1 10.0.0.1 9 typ srflx");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  kit::Random random(1);
  constexpr std::array<CandidateType, 4> types{CandidateType::host, CandidateType::server_reflexive,
                                               CandidateType::peer_reflexive,
                                               CandidateType::relayed};
  const std::array<std::string, 4> addresses{"192.0.2.1", "2001:db8::1", "fe80::1", "a-b.local"};
  for (int i = 0; i < 1000; ++i) {
    IceCandidate candidate;
    for (auto left = random.between(1, 32); left > 0; --left)
      candidate.foundation += "abcXYZ019+/"[random.below(11)];
    candidate.priority = static_cast<std::uint32_t>(random.next());
    candidate.address = addresses[random.below(4)];
    candidate.port = static_cast<std::uint16_t>(random.between(1, 65535));
    candidate.type = types[random.below(4)];
    if (random.chance(0.5)) {
      candidate.related_address = addresses[random.below(2)];
      candidate.related_port = static_cast<std::uint16_t>(random.next());
    }
    const auto again = parse_candidate(write_candidate(candidate));
    BOOST_REQUIRE(again);
    BOOST_REQUIRE(*again);
    BOOST_TEST((**again == candidate));
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
