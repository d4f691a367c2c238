// SPDX-License-Identifier: LGPL-2.1-or-later
// Each message byte for byte, there and back, and with every length that it can't have.
#include "peers/wire/messages.h"
#include "wire/talk.h"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace triad;
using namespace triad::wire;

namespace {

HashRequest some_hashes() {
  HashRequest request;
  request.root.fill(std::byte{0xab});
  request.base_layer = 2;
  request.index = 512;
  request.length = 512;
  request.proof_layers = 9;
  return request;
}

std::string written(const Message& message) {
  return hex(test::bytes_of(message));
}

// What the specifications say, in hexadecimal.
struct Row {
  Message message;
  std::string bytes;
};

std::vector<Row> rows() {
  static constexpr std::byte payload[] = {std::byte{0xde}, std::byte{0xad}};
  static const std::vector<std::byte> digests(64, std::byte{0xcd});
  std::string asked;
  for (int i = 0; i < 32; ++i)
    asked += "ab";
  asked += "00000002000002000000020000000009"; // layer, index, length, proof layers
  std::string two_digests;
  for (int i = 0; i < 64; ++i)
    two_digests += "cd";
  return {
      {KeepAlive{}, "00000000"},
      {Choke{}, "0000000100"},
      {Unchoke{}, "0000000101"},
      {Interested{}, "0000000102"},
      {NotInterested{}, "0000000103"},
      {Have{0x01020304}, "000000050401020304"},
      {Bitfield{payload}, "0000000305dead"},
      {RequestBlock{{1, 0x4000, 0x4000}}, "0000000d06000000010000400000004000"},
      {Block{1, 0x4000, payload}, "0000000b070000000100004000dead"},
      {CancelBlock{{1, 0x4000, 0x4000}}, "0000000d08000000010000400000004000"},
      {Suggest{5}, "000000050d00000005"},
      {HaveAll{}, "000000010e"},
      {HaveNone{}, "000000010f"},
      {RejectBlock{{1, 0x4000, 0x4000}}, "0000000d10000000010000400000004000"},
      {AllowedFast{5}, "000000051100000005"},
      {Extended{3, payload}, "000000041403dead"},
      {RequestHashes{some_hashes()}, "0000003115" + asked},
      {Hashes{some_hashes(), digests}, "0000007116" + asked + two_digests},
      {RejectHashes{some_hashes()}, "0000003117" + asked},
  };
}

} // namespace

BOOST_AUTO_TEST_SUITE(messages)

BOOST_AUTO_TEST_CASE(each_is_written_as_specified_and_read_as_the_same) {
  for (const Row& row : rows()) {
    BOOST_TEST(written(row.message) == row.bytes);
    const auto bytes = test::bytes_of(row.message);
    const auto read = parse(Bytes(bytes).subspan(4));
    BOOST_REQUIRE_MESSAGE(read, (read ? "" : read.error().message));
    BOOST_TEST(read->index() == row.message.index());
    BOOST_TEST(written(*read) == row.bytes);
  }
}

BOOST_AUTO_TEST_CASE(a_length_that_the_kind_cannot_have_is_refused) {
  for (unsigned kind = 0; kind < 256; ++kind)
    for (std::size_t size = 0; size < 200; ++size) {
      std::vector<std::byte> payload(1 + size);
      payload[0] = static_cast<std::byte>(kind);
      bool fits = true;
      if (kind <= 3 || kind == 14 || kind == 15)
        fits = size == 0;
      else if (kind == 4 || kind == 13 || kind == 17)
        fits = size == 4;
      else if (kind == 6 || kind == 8 || kind == 16)
        fits = size == 12;
      else if (kind == 7)
        fits = size >= 8;
      else if (kind == 20)
        fits = size >= 1;
      else if (kind == 21 || kind == 23)
        fits = size == 48;
      else if (kind == 22)
        fits = size >= 48 && (size - 48) % 32 == 0;
      const auto read = parse(payload);
      BOOST_REQUIRE_MESSAGE(bool(read) == fits, "kind " << kind << ", " << size << " bytes");
      if (!read)
        BOOST_REQUIRE((read.error().code == ErrorCode::bad_message));
    }
}

BOOST_AUTO_TEST_CASE(unknown_kinds_are_known_as_such) {
  const std::vector<std::byte> port = {std::byte{9}, std::byte{1}, std::byte{2}};
  const auto read = parse(port);
  BOOST_REQUIRE((read && std::holds_alternative<Unknown>(*read)));
  BOOST_TEST(std::get<Unknown>(*read).id == 9);
}

BOOST_AUTO_TEST_CASE(handshakes_return) {
  for (const bool extensions : {false, true})
    for (const bool fast : {false, true})
      for (const bool v2 : {false, true}) {
        const Handshake handshake{Sha1{std::byte{1}, std::byte{2}}, test::id_of(3), extensions,
                                  fast, v2};
        std::vector<std::byte> bytes;
        append(bytes, handshake);
        BOOST_TEST(bytes.size() == 68u);
        const auto read = parse_handshake(bytes);
        BOOST_REQUIRE(read);
        BOOST_TEST((*read == handshake));
      }
}

// What WebTorrent in Chromium sends first.
BOOST_AUTO_TEST_CASE(a_handshake_is_written_as_webtorrent_writes_it) {
  std::vector<std::byte> bytes;
  append(bytes, Handshake{Sha1{}, PeerId{}, true, true, false});
  BOOST_TEST(hex(Bytes(bytes).first(28)) ==
             "13426974546f7272656e742070726f746f636f6c0000000000100004");
  bytes.clear();
  append(bytes, Handshake{Sha1{}, PeerId{}, true, true, true});
  BOOST_TEST(hex(Bytes(bytes).subspan(20, 8)) == "0000000000100014");
}

BOOST_AUTO_TEST_CASE(a_handshake_of_something_else_is_refused) {
  const auto good = test::handshake();
  for (std::size_t at = 0; at < 20; ++at) {
    auto bad = good;
    bad[at] ^= std::byte{1};
    BOOST_TEST(!parse_handshake(bad));
  }
  auto other_bits = good;
  for (std::size_t at = 20; at < 28; ++at)
    other_bits[at] = std::byte{0xff};
  BOOST_TEST(bool(parse_handshake(other_bits)));
  BOOST_TEST(!parse_handshake(Bytes(good).first(67)));
}

BOOST_AUTO_TEST_SUITE_END()
