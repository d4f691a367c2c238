// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/websocket_frames.h"

#include <cstring>

namespace triad::tracker {
namespace {

constexpr std::size_t mask_size = 4;
constexpr std::size_t longest_control = 125;

std::uint64_t big_endian(std::span<const char> bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) {
    value = value << 8 | static_cast<std::uint8_t>(byte);
  }
  return value;
}

// Eight bytes at a time: every byte that comes in passes here.
void unmask(std::span<char> payload, const char* mask) {
  std::uint32_t half;
  std::memcpy(&half, mask, sizeof half);
  const std::uint64_t whole = static_cast<std::uint64_t>(half) << 32 | half;
  std::size_t at = 0;
  for (; at + sizeof whole <= payload.size(); at += sizeof whole) {
    std::uint64_t word;
    std::memcpy(&word, payload.data() + at, sizeof word);
    word ^= whole;
    std::memcpy(payload.data() + at, &word, sizeof word);
  }
  for (; at < payload.size(); ++at) {
    payload[at] = static_cast<char>(payload[at] ^ mask[at % mask_size]);
  }
}

bool known(std::uint8_t opcode) {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

} // namespace

std::variant<Frame, FrameIncomplete, CloseCode> read_frame(std::span<char> bytes,
                                                           std::size_t most) {
  if (bytes.size() < 2) {
    return FrameIncomplete{};
  }
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  const auto second = static_cast<std::uint8_t>(bytes[1]);
  const bool last = (first & 0x80) != 0;
  const bool control = (first & 0x08) != 0;
  const std::uint8_t short_length = second & 0x7f;
  if ((first & 0x70) != 0 || !known(first & 0x0f) || (second & 0x80) == 0 ||
      (control && (!last || short_length > longest_control))) {
    return CloseCode::protocol_error;
  }
  const std::size_t more = short_length == 126 ? 2 : short_length == 127 ? 8 : 0;
  if (bytes.size() < 2 + more) {
    return FrameIncomplete{};
  }
  const std::uint64_t length = more == 0 ? short_length : big_endian(bytes.subspan(2, more));
  if (!control && length > most) {
    return CloseCode::too_big;
  }
  const std::size_t header = 2 + more + mask_size;
  if (bytes.size() < header || bytes.size() - header < length) {
    return FrameIncomplete{};
  }
  const std::span<char> payload = bytes.subspan(header, length);
  unmask(payload, bytes.data() + header - mask_size);
  return Frame{static_cast<Opcode>(first & 0x0f), last, payload, header + payload.size()};
}

FrameHeader frame_header(Opcode opcode, std::size_t payload) {
  FrameHeader header{};
  header.bytes[0] = static_cast<char>(0x80 | static_cast<int>(opcode));
  const std::size_t more = payload < 126 ? 0 : payload <= 0xffff ? 2 : 8;
  header.bytes[1] = static_cast<char>(more == 0 ? payload : more == 2 ? 126 : 127);
  for (std::size_t i = 0; i < more; ++i) {
    header.bytes[2 + i] = static_cast<char>(payload >> 8 * (more - 1 - i) & 0xff);
  }
  header.size = 2 + more;
  return header;
}

} // namespace triad::tracker
