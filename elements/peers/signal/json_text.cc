// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/signal/json_text.h"

#include <bit>
#include <charconv>
#include <cstring>

namespace triad::signal {

namespace {

// What one byte of text becomes between quotation marks: `size` of the characters.
struct Escape {
  char text[7] = {};
  unsigned char size = 0;
};

constexpr bool must_be_escaped(unsigned char c) {
  return c < 0x20 || c == '"' || c == '\\';
}

constexpr char short_escape(unsigned char c) {
  switch (c) {
  case '"':
  case '\\':
    return static_cast<char>(c);
  case '\b':
    return 'b';
  case '\f':
    return 'f';
  case '\n':
    return 'n';
  case '\r':
    return 'r';
  case '\t':
    return 't';
  default:
    return 0;
  }
}

constexpr Escape escape(unsigned char c) {
  constexpr char digits[] = "0123456789abcdef";
  if (!must_be_escaped(c))
    return {{static_cast<char>(c)}, 1};
  if (const char letter = short_escape(c))
    return {{'\\', letter}, 2};
  return {{'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]}, 6};
}

using Escapes = std::array<Escape, 256>;

// For UTF-8, whose higher bytes stay as they are.
constexpr Escapes text_escapes = [] {
  Escapes escapes;
  for (unsigned c = 0; c < 256; ++c)
    escapes[c] = escape(static_cast<unsigned char>(c));
  return escapes;
}();

// For bytes that stand for the code points U+0000..U+00FF.
constexpr Escapes binary_escapes = [] {
  Escapes escapes = text_escapes;
  for (unsigned c = 0x80; c < 256; ++c)
    escapes[c] = {{static_cast<char>(0xc0 | (c >> 6)), static_cast<char>(0x80 | (c & 0x3f))}, 2};
  return escapes;
}();

// Writes eight bytes, of which the returned number counts: no branch depends on the byte.
std::size_t put(char* out, const Escape& escape) {
  static_assert(sizeof(Escape) == 8);
  std::memcpy(out, &escape, sizeof escape);
  return escape.size;
}

constexpr std::uint64_t ones = 0x0101010101010101u;
constexpr std::uint64_t highs = 0x8080808080808080u;

// The high bit of each byte that is below `limit` (at most 0x80). Of the bytes above the lowest
// such one it may name too many.
constexpr std::uint64_t bytes_below(std::uint64_t word, std::uint64_t limit) {
  return (word - ones * limit) & ~word & highs;
}

// How many of eight bytes need no escape before one does.
std::size_t plain_bytes(const char* eight) {
  std::uint64_t word;
  std::memcpy(&word, eight, sizeof word);
  if constexpr (std::endian::native == std::endian::big)
    word = __builtin_bswap64(word);
  const std::uint64_t found = bytes_below(word, 0x20) | bytes_below(word ^ (ones * '"'), 1) |
                              bytes_below(word ^ (ones * '\\'), 1);
  return static_cast<std::size_t>(std::countr_zero(found)) / 8;
}

constexpr std::size_t chunk = 512;

// Writes at most 6 * text.size() bytes, and may touch 8 more. Session descriptions have lines of
// some thirty bytes, and a tracker passes on twenty thousand of them a second: hence eight at once.
std::size_t put_escaped(char* out, std::string_view text) {
  char* const begin = out;
  std::size_t at = 0;
  while (at + 8 <= text.size()) {
    const std::size_t plain = plain_bytes(text.data() + at);
    std::memcpy(out, text.data() + at, 8);
    out += plain;
    at += plain;
    if (plain < 8)
      out += put(out, text_escapes[static_cast<unsigned char>(text[at++])]);
  }
  for (; at < text.size(); ++at)
    out += put(out, text_escapes[static_cast<unsigned char>(text[at])]);
  return static_cast<std::size_t>(out - begin);
}

} // namespace

void append_string(std::string& out, std::string_view text) {
  char escaped[6 * chunk + 8];
  out += '"';
  for (std::size_t at = 0; at < text.size(); at += chunk)
    out.append(escaped, put_escaped(escaped, text.substr(at, chunk)));
  out += '"';
}

void append_binary(std::string& out, std::span<const std::uint8_t, 20> bytes) {
  char text[1 + 6 * 20 + 8] = {'"'};
  std::size_t size = 1;
  for (const std::uint8_t byte : bytes)
    size += put(text + size, binary_escapes[byte]);
  text[size++] = '"';
  out.append(text, size);
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
