// SPDX-License-Identifier: LGPL-2.1-or-later
#include "release/bencode_scan.h"

#include "release/metainfo.h"

#include <algorithm>
#include <charconv>

namespace triad {

namespace {

char character(Bytes bytes, std::size_t at) {
  return static_cast<char>(bytes[at]);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

Scan skip_integer(Bytes bytes, std::size_t& at) {
  std::size_t end = at + 1; // behind the 'i'
  if (end < bytes.size() && character(bytes, end) == '-')
    ++end;
  while (end < bytes.size() && is_digit(character(bytes, end)))
    ++end;
  if (end == bytes.size())
    return Scan::cut_short;
  if (character(bytes, end) != 'e' || !is_digit(character(bytes, end - 1)))
    return Scan::malformed;
  at = end + 1;
  return Scan::whole;
}

} // namespace

Scan skip_string(Bytes bytes, std::size_t& at, Bytes& text) {
  std::size_t length = 0;
  for (std::size_t digit = at; digit < bytes.size(); ++digit) {
    const char c = character(bytes, digit);
    if (c == ':' && digit > at) {
      if (length > bytes.size() - digit - 1)
        return Scan::cut_short;
      text = bytes.subspan(digit + 1, length);
      at = digit + 1 + length;
      return Scan::whole;
    }
    if (!is_digit(c))
      return Scan::malformed;
    length = length * 10 + static_cast<std::size_t>(c - '0');
    if (length > max_metainfo_size)
      return Scan::malformed;
  }
  return Scan::cut_short;
}

Scan skip_value(Bytes bytes, std::size_t& at) {
  int depth = 0;
  std::size_t next = at;
  do {
    if (next == bytes.size())
      return Scan::cut_short;
    Scan scan = Scan::whole;
    switch (character(bytes, next)) {
    case 'd':
    case 'l':
      if (++depth > max_depth)
        return Scan::malformed;
      ++next;
      break;
    case 'e':
      if (--depth < 0)
        return Scan::malformed;
      ++next;
      break;
    case 'i':
      scan = skip_integer(bytes, next);
      break;
    default:
      Bytes text;
      scan = skip_string(bytes, next, text);
    }
    if (scan != Scan::whole)
      return scan;
  } while (depth > 0);
  at = next;
  return Scan::whole;
}

Bytes find_value(Bytes dictionary, std::string_view key) {
  if (dictionary.empty() || character(dictionary, 0) != 'd')
    return {};
  const Bytes wanted = std::as_bytes(std::span(key));
  std::size_t at = 1;
  Bytes name;
  while (skip_string(dictionary, at, name) == Scan::whole) {
    const std::size_t begin = at;
    if (skip_value(dictionary, at) != Scan::whole)
      return {};
    if (std::equal(name.begin(), name.end(), wanted.begin(), wanted.end()))
      return dictionary.subspan(begin, at - begin);
  }
  return {};
}

std::optional<std::int64_t> integer_of(Bytes value) {
  if (value.size() < 3 || character(value, 0) != 'i' || character(value, value.size() - 1) != 'e')
    return std::nullopt;
  const char* const begin = reinterpret_cast<const char*>(value.data()) + 1;
  const char* const end = begin + value.size() - 2;
  std::int64_t number = 0;
  const auto [stopped, error] = std::from_chars(begin, end, number);
  if (error != std::errc{} || stopped != end)
    return std::nullopt;
  return number;
}

std::optional<Bytes> string_of(Bytes value) {
  std::size_t at = 0;
  Bytes text;
  if (skip_string(value, at, text) != Scan::whole || at != value.size())
    return std::nullopt;
  return text;
}

} // namespace triad
