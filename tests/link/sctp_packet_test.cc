// SPDX-License-Identifier: LGPL-2.1-or-later
// SCTP packets: the checksum by every way, and what must not reach the association.
#include "peers/link/sctp_packet.h"

#include "kit/random.h"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

using namespace triad;

namespace {

using Packet = std::vector<std::byte>;

Bytes as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

Packet random_bytes(kit::Random& random, std::size_t size) {
  Packet bytes(size);
  for (std::byte& byte : bytes)
    byte = static_cast<std::byte>(random.next());
  return bytes;
}

// A packet with chunks of these lengths as their headers claim them, and so many bytes in all.
Packet packet_of(std::initializer_list<std::size_t> lengths, std::size_t size) {
  Packet packet(size, std::byte{0x5a});
  packet[0] = packet[2] = std::byte{0x13};
  std::size_t at = sctp_header_size;
  for (const std::size_t length : lengths) {
    packet[at + 2] = static_cast<std::byte>(length >> 8);
    packet[at + 3] = static_cast<std::byte>(length & 0xff);
    at += (length + 3) / 4 * 4;
  }
  set_sctp_checksum(packet);
  return packet;
}

bool accepted(const Packet& packet) {
  return static_cast<bool>(check_sctp_packet(packet));
}

BOOST_AUTO_TEST_SUITE(sctp_packets)

BOOST_AUTO_TEST_CASE(known_checksums) { // RFC 3720, appendix B.4, and the usual check value
  const Packet zeros(32, std::byte{0}), ones(32, std::byte{0xff});
  Packet rising(32);
  for (std::size_t i = 0; i < rising.size(); ++i)
    rising[i] = static_cast<std::byte>(i);
  for (const auto way : {crc32c, crc32c_by_table}) {
    BOOST_TEST(way({}) == 0U);
    BOOST_TEST(way(as_bytes("123456789")) == 0xe3069283U);
    BOOST_TEST(way(zeros) == 0x8a9136aaU);
    BOOST_TEST(way(ones) == 0x62a8ab43U);
    BOOST_TEST(way(rising) == 0x46dd794eU);
  }
}

BOOST_AUTO_TEST_CASE(instruction_and_table_agree) {
  kit::Random random(3);
  const Packet bytes = random_bytes(random, 2000);
  for (int i = 0; i < 5000; ++i) {
    const auto from = random.below(bytes.size());
    const Bytes part = Bytes(bytes).subspan(from, random.below(bytes.size() - from + 1));
    BOOST_REQUIRE_EQUAL(crc32c(part), crc32c_by_table(part));
  }
}

BOOST_AUTO_TEST_CASE(an_init_of_usrsctp) { // with the checksum that it made itself
  constexpr std::string_view digits =
      "13881388000000008f4fa8440100005a62e526a000020000000a0800b3c6ef8180000004c0000004"
      "80080009c00fc18082000000800200247832cda802ac8aff294345467deb1ee4d96f9221d4eff874"
      "0dfa3d8ae9e3fde580040006000100008003000680c10000";
  Packet packet;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    packet.push_back(
        static_cast<std::byte>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  BOOST_TEST(accepted(packet));
  const Packet original = packet;
  packet[8] = packet[9] = packet[10] = packet[11] = std::byte{0x77};
  BOOST_TEST(!accepted(packet));
  set_sctp_checksum(packet);
  BOOST_TEST((packet == original));
}

BOOST_AUTO_TEST_CASE(any_wrong_bit_is_seen) {
  Packet packet = packet_of({20, 5}, 40);
  BOOST_REQUIRE(accepted(packet));
  for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
    packet[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    BOOST_TEST(!accepted(packet));
    packet[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
  }
}

BOOST_AUTO_TEST_CASE(framing) {
  BOOST_TEST(accepted(packet_of({4}, 16)));
  BOOST_TEST(accepted(packet_of({4, 8, 4}, 28)));
  BOOST_TEST(accepted(packet_of({7}, 20)));
  BOOST_TEST(accepted(packet_of({7}, 19)));  // the last padding is missing
  BOOST_TEST(!accepted(packet_of({}, 12)));  // no chunk
  BOOST_TEST(!accepted(packet_of({3}, 16))); // shorter than its own header
  BOOST_TEST(!accepted(packet_of({0}, 16))); //
  BOOST_TEST(!accepted(packet_of({8}, 16))); // longer than the packet
  BOOST_TEST(!accepted(packet_of({4}, 18))); // half a chunk's header behind it
  BOOST_TEST(!accepted(packet_of({65535}, 1200)));
  for (std::size_t size = 0; size < 16; ++size)
    BOOST_TEST(!accepted(Packet(size)));
  for (const std::size_t port : {0U, 2U}) {
    Packet packet = packet_of({4}, 16);
    packet[port] = packet[port + 1] = std::byte{0};
    set_sctp_checksum(packet);
    BOOST_TEST(!accepted(packet));
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
