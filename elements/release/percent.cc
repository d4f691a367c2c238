// SPDX-License-Identifier: LGPL-2.1-or-later
#include "release/percent.h"

namespace triad {

namespace {

// Not <cctype>: a player's locale must not change what a URL is.
bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

} // namespace

std::string encode_path(std::string_view raw) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(raw.size() * 2);
  for (const char c : raw) {
    if (unreserved(c) || c == '/') {
      encoded.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded.push_back('%');
    encoded.push_back(digits[byte >> 4]);
    encoded.push_back(digits[byte & 15]);
  }
  return encoded;
}

std::optional<std::string> percent_decode(std::string_view encoded) {
  std::string raw;
  raw.reserve(encoded.size());
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    if (encoded[at] != '%') {
      raw.push_back(encoded[at]);
      continue;
    }
    if (encoded.size() - at < 3)
      return std::nullopt;
    const int high = hex_digit(encoded[at + 1]);
    const int low = hex_digit(encoded[at + 2]);
    if (high < 0 || low < 0)
      return std::nullopt;
    raw.push_back(static_cast<char>(high * 16 + low));
    at += 2;
  }
  return raw;
}

} // namespace triad
