// SPDX-License-Identifier: LGPL-2.1-or-later
#include "http_range.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace triad::tool {
namespace {

constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Digits only; a number too large for 64 bits is as good as the largest.
std::optional<std::uint64_t> parse_position(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return error == std::errc::result_out_of_range ? UINT64_MAX : value;
}

bool same_unit(std::string_view unit) {
  constexpr std::string_view bytes = "bytes";
  return std::equal(unit.begin(), unit.end(), bytes.begin(), bytes.end(),
                    [](char a, char b) { return (a | 0x20) == b; });
}

// If-None-Match compares weakly (section 13.1.2).
bool none_match_lists(std::string_view header, std::string_view etag) {
  while (!header.empty()) {
    const auto comma = header.find(',');
    std::string_view each = trimmed(header.substr(0, comma));
    if (each.starts_with("W/")) {
      each.remove_prefix(2);
    }
    if (each == etag || each == "*") {
      return true;
    }
    header = comma == std::string_view::npos ? std::string_view() : header.substr(comma + 1);
  }
  return false;
}

bool if_range_holds(const std::string& header, std::string_view etag, std::int64_t modified) {
  const std::string_view validator = trimmed(header);
  return validator.starts_with('"') ? validator == etag : parse_http_date(header) == modified;
}

} // namespace

RangeAnswer parse_range(std::string_view header, std::uint64_t size) {
  const auto equals = header.find('=');
  if (equals == std::string_view::npos || !same_unit(trimmed(header.substr(0, equals)))) {
    return {};
  }
  const std::string_view set = trimmed(header.substr(equals + 1));
  const auto dash = set.find('-');
  if (dash == std::string_view::npos) {
    return {};
  }
  const std::string_view first_text = set.substr(0, dash);
  const std::string_view last_text = set.substr(dash + 1);
  const auto first = parse_position(first_text);
  const auto last = parse_position(last_text);
  if ((!first && !first_text.empty()) || (!last && !last_text.empty()) || (!first && !last)) {
    return {};
  }
  if (!first) { // the last N bytes
    if (*last == 0 || size == 0) {
      return {RangeAnswer::Kind::unsatisfiable, {}};
    }
    return {RangeAnswer::Kind::part, {size - std::min(*last, size), size}};
  }
  if (last && *last < *first) {
    return {};
  }
  if (*first >= size) {
    return {RangeAnswer::Kind::unsatisfiable, {}};
  }
  return {RangeAnswer::Kind::part, {*first, last && *last < size ? *last + 1 : size}};
}

HttpPlan plan_answer(const HttpConditions& conditions, std::uint64_t size, std::string_view etag,
                     std::int64_t modified) {
  if (conditions.if_none_match) {
    if (none_match_lists(*conditions.if_none_match, etag)) {
      return {304, {}};
    }
  } else if (conditions.if_modified_since) {
    const auto since = parse_http_date(*conditions.if_modified_since);
    if (since && modified <= *since) {
      return {304, {}};
    }
  }
  if (conditions.range &&
      (!conditions.if_range || if_range_holds(*conditions.if_range, etag, modified))) {
    const RangeAnswer answer = parse_range(*conditions.range, size);
    if (answer.kind == RangeAnswer::Kind::part) {
      return {206, answer.range};
    }
    if (answer.kind == RangeAnswer::Kind::unsatisfiable) {
      return {416, {}};
    }
  }
  return {200, {0, size}};
}

std::string http_date(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm utc{};
  if (!gmtime_r(&time, &utc)) {
    return {};
  }
  // Not strftime: these names are English whatever the locale.
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                 days[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                                 months[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900,
                                 utc.tm_hour, utc.tm_min, utc.tm_sec);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::optional<std::int64_t> parse_http_date(const std::string& text) {
  std::tm utc{};
  std::array<char, 4> month{};
  int end = 0;
  if (std::sscanf(text.c_str(), "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &utc.tm_mday,
                  month.data(), &utc.tm_year, &utc.tm_hour, &utc.tm_min, &utc.tm_sec, &end) != 6 ||
      end == 0 || static_cast<std::size_t>(end) != text.size()) {
    return std::nullopt;
  }
  const auto name = std::find(months.begin(), months.end(), std::string_view(month.data()));
  if (name == months.end()) {
    return std::nullopt;
  }
  utc.tm_mon = static_cast<int>(name - months.begin());
  utc.tm_year -= 1900;
  // Dates are written with four digits of year; a leap second at the end of 9999 is beyond them.
  constexpr std::int64_t year_1 = -62'135'596'800;
  constexpr std::int64_t year_10000 = 253'402'300'800;
  const std::int64_t seconds = timegm(&utc);
  return seconds < year_1 || seconds >= year_10000 ? std::nullopt : std::optional(seconds);
}

} // namespace triad::tool
