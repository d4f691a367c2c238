// SPDX-License-Identifier: LGPL-2.1-or-later
// What the lines of session descriptions are made of: RFC 8866, section 9; RFC 8839, section 5.
// Pure; any thread; no locale.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>

namespace triad::sdp {

inline char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
inline bool alphanumeric(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9');
}
inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

// ice-char: RFC 8839, section 5.1.
inline bool all_ice_chars(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return alphanumeric(c) || c == '+' || c == '/'; });
}

// Digits and nothing else; nothing if there are none or if T can't hold the number.
template <typename T>
std::optional<T> decimal(std::string_view text) {
  T value{};
  const char* const end = text.data() + text.size();
  if (text.empty() || text.front() < '0' || text.front() > '9')
    return std::nullopt;
  const auto [at, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && at == end ? std::optional(value) : std::nullopt;
}

// Takes the next word and the space after it; empty at the end.
inline std::string_view take_word(std::string_view& text) {
  const std::size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  return word;
}

} // namespace triad::sdp
