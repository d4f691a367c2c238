// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server/http_fields.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace triad {
namespace {

constexpr std::int64_t day = 24 * 60 * 60;

bool is_bytes_unit(std::string_view text) {
  constexpr std::string_view unit = "bytes";
  return std::equal(text.begin(), text.end(), unit.begin(), unit.end(),
                    [](char a, char b) { return (a | 0x20) == b; });
}

} // namespace

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stopped != end)
    return {};
  return value;
}

std::optional<ContentRange> parse_content_range(std::string_view value) {
  value = trimmed(value);
  const std::size_t space = value.find(' ');
  const std::size_t slash = value.find('/');
  if (space == value.npos || slash == value.npos || slash < space ||
      !is_bytes_unit(value.substr(0, space)))
    return {};
  const std::string_view range = trimmed(value.substr(space + 1, slash - space - 1));
  const std::string_view size = value.substr(slash + 1);
  ContentRange out;
  if (size != "*") {
    out.size = parse_number(size);
    if (!out.size)
      return {};
  }
  if (range == "*")
    return out.size ? std::optional(out) : std::nullopt;
  const std::size_t dash = range.find('-');
  if (dash == range.npos)
    return {};
  const auto first = parse_number(range.substr(0, dash));
  const auto last = parse_number(range.substr(dash + 1));
  if (!first || !last || *last < *first || *last >= UINT64_MAX - 1 ||
      (out.size && *last >= *out.size))
    return {};
  out.range = ByteRange{*first, *last + 1};
  return out;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, std::int64_t now) {
  value = trimmed(value);
  if (const auto seconds = parse_number(value))
    return std::chrono::seconds(std::min<std::uint64_t>(*seconds, day));
  // curl_getdate takes more than HTTP's three date formats; all of those name a month.
  if (value.size() > 64 || value.find_first_of("JFMASOND") == value.npos)
    return {};
  const std::int64_t when = curl_getdate(std::string(value).c_str(), nullptr);
  if (when < 0)
    return {};
  return std::chrono::seconds(std::clamp<std::int64_t>(when - now, 0, day));
}

} // namespace triad
