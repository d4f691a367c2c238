// SPDX-License-Identifier: LGPL-2.1-or-later
// WebSocket frames: what a server takes, and what it must not (RFC 6455 section 5).
#include "tracker/server/websocket_frames.h"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace triad::tracker;

namespace {

constexpr std::size_t most = 70'000;

// Masked by "abcd".
std::string masked(std::uint8_t first, const std::string& payload, int length_bytes = 0) {
  std::string frame(1, static_cast<char>(first));
  const int code =
      length_bytes == 0 ? static_cast<int>(payload.size()) : (length_bytes == 2 ? 126 : 127);
  frame += static_cast<char>(0x80 | code);
  for (int i = length_bytes; i-- > 0;) {
    frame += static_cast<char>(payload.size() >> 8 * i & 0xff);
  }
  frame += "abcd";
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ "abcd"[i % 4]);
  }
  return frame;
}

CloseCode fault(std::string frame) {
  const auto read = read_frame(frame, most);
  BOOST_REQUIRE(std::holds_alternative<CloseCode>(read));
  return std::get<CloseCode>(read);
}

} // namespace

BOOST_AUTO_TEST_SUITE(websocket_frames)

BOOST_AUTO_TEST_CASE(frames_of_every_length_form_are_unmasked) {
  for (const auto& [size, length_bytes] :
       {std::pair{0, 0}, {1, 0}, {7, 0}, {8, 0}, {125, 0}, {126, 2}, {65535, 2}, {65536, 8}}) {
    std::string payload;
    for (int i = 0; i < size; ++i) {
      payload += static_cast<char>(i * 7);
    }
    std::string bytes = masked(0x81, payload, length_bytes) + "rest";
    const auto read = read_frame(bytes, most);
    BOOST_REQUIRE(std::holds_alternative<Frame>(read));
    const Frame& frame = std::get<Frame>(read);
    BOOST_TEST((frame.opcode == Opcode::text));
    BOOST_TEST(frame.last);
    BOOST_TEST(std::string(frame.payload.begin(), frame.payload.end()) == payload);
    BOOST_TEST(frame.size == bytes.size() - 4);
  }
}

BOOST_AUTO_TEST_CASE(a_part_of_a_frame_is_left_as_it_is) {
  const std::string whole = masked(0x82, std::string(300, 'x'), 2);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::string part = whole.substr(0, size);
    BOOST_TEST(std::holds_alternative<FrameIncomplete>(read_frame(part, most)));
    BOOST_TEST(part == whole.substr(0, size));
  }
}

BOOST_AUTO_TEST_CASE(what_no_client_may_send_is_a_protocol_error) {
  BOOST_TEST((fault(masked(0xc1, "x")) == CloseCode::protocol_error)); // reserved bit
  BOOST_TEST((fault(masked(0x83, "x")) == CloseCode::protocol_error)); // reserved opcodes
  BOOST_TEST((fault(masked(0x8b, "x")) == CloseCode::protocol_error));
  BOOST_TEST((fault(std::string("\x81\x01x")) == CloseCode::protocol_error)); // no mask
  BOOST_TEST((fault(masked(0x09, "x")) == CloseCode::protocol_error));        // a ping in fragments
  BOOST_TEST((fault(masked(0x89, std::string(126, 'x'), 2)) == CloseCode::protocol_error));
}

BOOST_AUTO_TEST_CASE(a_length_is_judged_before_its_bytes_come) {
  BOOST_TEST((fault(std::string("\x81\xff\x00\x00\x00\x00\x00\x01\x11\x71", 10)) ==
              CloseCode::too_big)); // 70,001
  BOOST_TEST(
      (fault(std::string("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10)) == CloseCode::too_big));
  std::string longest("\x81\xff\x00\x00\x00\x00\x00\x01\x11\x70", 10); // 70,000
  BOOST_TEST(std::holds_alternative<FrameIncomplete>(read_frame(longest, most)));
}

BOOST_AUTO_TEST_CASE(headers_take_the_shortest_form) {
  BOOST_TEST(frame_header(Opcode::text, 125).view() == "\x81\x7d");
  BOOST_TEST(frame_header(Opcode::text, 126).view() == std::string_view("\x81\x7e\x00\x7e", 4));
  BOOST_TEST(frame_header(Opcode::text, 65535).view() == "\x81\x7e\xff\xff");
  BOOST_TEST(frame_header(Opcode::close, 65536).view() ==
             std::string_view("\x88\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
}

BOOST_AUTO_TEST_SUITE_END()
