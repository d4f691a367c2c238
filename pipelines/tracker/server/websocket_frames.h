// SPDX-License-Identifier: LGPL-2.1-or-later
// WebSocket frames as a server reads and writes them (RFC 6455 section 5). Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

namespace triad::tracker {

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

// RFC 6455 section 7.4.1.
enum class CloseCode : std::uint16_t {
  going_away = 1001,
  protocol_error = 1002,
  policy_violation = 1008,
  too_big = 1009,
};

struct Frame {
  Opcode opcode = Opcode::text;
  bool last = true;              // of its message
  std::span<const char> payload; // unmasked, where it was read
  std::size_t size = 0;          // of the whole frame, in bytes
};

struct FrameIncomplete {}; // more bytes are needed

// What `bytes` begin with. A whole frame is unmasked in place. `most`: the longest payload of a
// data frame, in bytes. Refused are reserved bits and opcodes (no extension is ever agreed on), no
// mask, fragmented or long control frames (section 5.5), and lengths that are too long.
[[nodiscard]] std::variant<Frame, FrameIncomplete, CloseCode> read_frame(std::span<char> bytes,
                                                                         std::size_t most);

// The header of an unmasked, unfragmented frame.
struct FrameHeader {
  std::array<char, 10> bytes;
  std::size_t size;
  [[nodiscard]] std::string_view view() const { return {bytes.data(), size}; }
};
[[nodiscard]] FrameHeader frame_header(Opcode opcode, std::size_t payload);

} // namespace triad::tracker
