// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/data_channel_protocol.h"

#include <string_view>

namespace triad {

namespace {

constexpr std::uint8_t message_ack = 0x02, message_open = 0x03;
constexpr std::uint8_t partial_reliable_retransmissions = 0x01, partial_reliable_lifetime = 0x02;
constexpr std::uint8_t unordered = 0x80;
constexpr std::size_t header_size = 12;

std::uint8_t byte_at(Bytes bytes, std::size_t at) {
  return std::to_integer<std::uint8_t>(bytes[at]);
}

std::size_t length_at(Bytes bytes, std::size_t at) {
  return static_cast<std::size_t>(byte_at(bytes, at)) << 8 | byte_at(bytes, at + 1);
}

void append_byte(std::vector<std::byte>& to, std::size_t value) {
  to.push_back(static_cast<std::byte>(value & 0xff));
}

void append_text(std::vector<std::byte>& to, const std::string& text) {
  for (const char c : text)
    to.push_back(static_cast<std::byte>(c));
}

Error bad(const char* what) {
  return {ErrorCode::bad_message, std::string("a data channel's opening ") + what, {}};
}

// RFC 3629: the shortest form only, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t more = first < 0x80   ? 0
                             : first < 0xc2 ? 4
                             : first < 0xe0 ? 1
                             : first < 0xf0 ? 2
                             : first < 0xf5 ? 3
                                            : 4;
    if (more == 4 || text.size() - at <= more)
      return false;
    std::uint32_t code = more == 0 ? first : first & (0x3fU >> more);
    for (std::size_t i = 1; i <= more; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      if ((next & 0xc0) != 0x80)
        return false;
      code = code << 6 | (next & 0x3f);
    }
    if ((more == 2 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) ||
        (more == 3 && (code < 0x10000 || code > 0x10ffff)))
      return false;
    at += more + 1;
  }
  return true;
}

} // namespace

std::vector<std::byte> write_channel_open(const ChannelOpen& open) {
  std::vector<std::byte> bytes;
  bytes.reserve(header_size + open.label.size() + open.protocol.size());
  append_byte(bytes, message_open);
  append_byte(bytes, (open.reliable ? 0 : partial_reliable_retransmissions) |
                         (open.ordered ? 0 : unordered));
  for (int i = 0; i < 6; ++i) // priority and reliability parameter
    append_byte(bytes, 0);
  for (const std::size_t length : {open.label.size(), open.protocol.size()}) {
    append_byte(bytes, length >> 8);
    append_byte(bytes, length);
  }
  append_text(bytes, open.label);
  append_text(bytes, open.protocol);
  return bytes;
}

std::vector<std::byte> write_channel_ack() {
  return {std::byte{message_ack}};
}

Result<ChannelMessage> parse_channel_message(Bytes bytes) {
  if (bytes.empty())
    return bad("is empty");
  if (byte_at(bytes, 0) == message_ack)
    return bytes.size() == 1 ? Result<ChannelMessage>(ChannelAck{})
                             : bad("is acknowledged with too many bytes");
  if (byte_at(bytes, 0) != message_open)
    return bad("is of an unknown kind");
  if (bytes.size() < header_size)
    return bad("is cut short");
  const std::size_t label = length_at(bytes, 8);
  const std::size_t protocol = length_at(bytes, 10);
  if (label > max_channel_label || protocol > max_channel_label)
    return bad("has too long a label or protocol");
  if (bytes.size() != header_size + label + protocol)
    return bad("has a wrong length");
  const std::uint8_t type = byte_at(bytes, 1);
  const std::uint8_t reliability = type & static_cast<std::uint8_t>(~unordered);
  if (reliability > partial_reliable_lifetime)
    return bad("asks for an unknown type of channel");
  ChannelOpen open;
  open.ordered = (type & unordered) == 0;
  open.reliable = reliability == 0;
  const auto* const text = reinterpret_cast<const char*>(bytes.data() + header_size);
  open.label.assign(text, label);
  open.protocol.assign(text + label, protocol);
  if (!is_utf8(open.label) || !is_utf8(open.protocol))
    return bad("has a label or protocol that is not UTF-8");
  return ChannelMessage(std::move(open));
}

} // namespace triad
