// SPDX-License-Identifier: LGPL-2.1-or-later
#include "release/names.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace triad {

namespace {

constexpr std::size_t max_name = 255; // NAME_MAX of every file system that matters

// Takes one code point off the front; empty if it is not UTF-8 (RFC 3629: no surrogates, no
// overlong forms).
std::optional<char32_t> take_code_point(std::string_view& text) {
  const auto byte = [&text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  std::size_t length = 1;
  char32_t value = first;
  char32_t least = 0;
  if (first >= 0xf0 && first <= 0xf4)
    length = 4, value = first & 0x07u, least = 0x10000;
  else if (first >= 0xe0 && first < 0xf0)
    length = 3, value = first & 0x0fu, least = 0x800;
  else if (first >= 0xc2 && first < 0xe0)
    length = 2, value = first & 0x1fu, least = 0x80;
  else if (first >= 0x80)
    return std::nullopt;
  if (text.size() < length)
    return std::nullopt;
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xc0u) != 0x80)
      return std::nullopt;
    value = value << 6 | (byte(at) & 0x3fu);
  }
  if (value < least || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
    return std::nullopt;
  text.remove_prefix(length);
  return value;
}

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

bool changes_direction(char32_t c) {
  return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

} // namespace

bool valid_utf8(std::string_view text) {
  while (!text.empty())
    if (!take_code_point(text))
      return false;
  return true;
}

std::string_view why_bad_name(std::string_view element) {
  if (element.empty())
    return "is empty";
  if (element == "." || element == "..")
    return "leads out of its folder";
  if (element.size() > max_name)
    return "is longer than 255 bytes";
  while (!element.empty()) {
    const std::optional<char32_t> c = take_code_point(element);
    if (!c)
      return "is not UTF-8";
    if (*c == '/' || *c == '\\')
      return "holds a slash";
    if (is_control(*c))
      return "holds a control character";
    if (changes_direction(*c))
      return "holds a character that changes the direction of text";
  }
  return {};
}

std::string quoted(std::string_view raw) {
  constexpr std::size_t shown = 120;
  std::string text = "'";
  while (!raw.empty()) {
    if (text.size() > shown)
      return text + "...'";
    const std::string_view before = raw;
    const std::optional<char32_t> c = take_code_point(raw);
    if (!c)
      raw.remove_prefix(1);
    if (!c || is_control(*c) || changes_direction(*c))
      text += "\uFFFD";
    else
      text += before.substr(0, before.size() - raw.size());
  }
  return text + "'";
}

bool is_audio(std::string_view path) {
  static constexpr std::array<std::string_view, 24> extensions = {
      "aac", "ac3", "aif", "aifc", "aiff", "ape", "au",  "caf", "dff",  "dsf", "dts", "flac",
      "m4a", "m4b", "mka", "mp2",  "mp3",  "mpc", "oga", "ogg", "opus", "spx", "wav", "wv"};
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos)
    return false;
  std::string extension(path.substr(dot + 1));
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

} // namespace triad
