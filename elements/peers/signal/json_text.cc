// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/signal/json_text.h"

#include <bit>
#include <charconv>
#include <cstring>

namespace triad::signal {

namespace {

constexpr std::uint64_t ones = 0x0101010101010101u;
constexpr std::uint64_t highs = 0x8080808080808080u;

bool must_be_escaped(unsigned char c) {
  return c < 0x20 || c == '"' || c == '\\';
}

// The high bit of each byte that is zero; of those above the lowest one it may claim too many.
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
  return (word - ones) & ~word & highs;
}

// How many bytes from the start of `text` need no escape. Eight at a time: session descriptions
// have lines of some thirty bytes, and a tracker passes on twenty thousand of them a second.
std::size_t plain_bytes(std::string_view text) {
  std::size_t at = 0;
  if constexpr (std::endian::native == std::endian::little) {
    for (; at + 8 <= text.size(); at += 8) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + at, sizeof word);
      const std::uint64_t control = (word - ones * 0x20) & ~word & highs;
      const std::uint64_t found =
          control | zero_bytes(word ^ (ones * '"')) | zero_bytes(word ^ (ones * '\\'));
      if (found)
        return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
  }
  while (at < text.size() && !must_be_escaped(static_cast<unsigned char>(text[at])))
    ++at;
  return at;
}

void append_escaped(std::string& out, unsigned char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
  case '"':
    out += "\\\"";
    break;
  case '\\':
    out += "\\\\";
    break;
  case '\b':
    out += "\\b";
    break;
  case '\f':
    out += "\\f";
    break;
  case '\n':
    out += "\\n";
    break;
  case '\r':
    out += "\\r";
    break;
  case '\t':
    out += "\\t";
    break;
  default:
    out += "\\u00";
    out += digits[c >> 4];
    out += digits[c & 15];
  }
}

} // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t plain = plain_bytes(text);
    out.append(text.data(), plain);
    text.remove_prefix(plain);
    while (!text.empty() && must_be_escaped(static_cast<unsigned char>(text.front()))) {
      append_escaped(out, static_cast<unsigned char>(text.front()));
      text.remove_prefix(1);
    }
  }
  out += '"';
}

void append_binary(std::string& out, std::span<const std::uint8_t, 20> bytes) {
  out += '"';
  for (const std::uint8_t byte : bytes) {
    if (must_be_escaped(byte)) {
      append_escaped(out, byte);
    } else if (byte < 0x80) {
      out += static_cast<char>(byte);
    } else {
      out += static_cast<char>(0xc0 | (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  out += '"';
}

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

std::optional<std::array<std::uint8_t, 20>> read_binary(std::string_view text) {
  std::array<std::uint8_t, 20> bytes;
  std::size_t at = 0;
  for (std::uint8_t& byte : bytes) {
    if (at == text.size())
      return std::nullopt;
    byte = static_cast<std::uint8_t>(text[at++]);
    if (byte < 0x80)
      continue;
    // UTF-8 of U+0080..U+00FF is C2 or C3 and one more byte.
    if ((byte & 0xfe) != 0xc2 || at == text.size())
      return std::nullopt;
    byte = static_cast<std::uint8_t>((byte << 6) | (static_cast<std::uint8_t>(text[at++]) & 0x3f));
  }
  if (at != text.size())
    return std::nullopt;
  return bytes;
}

} // namespace triad::signal
