// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/access/allow_list.h"

#include "release/hashes.h"

#include <algorithm>
#include <span>

namespace triad::tracker {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return digit(c) >= 0; });
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const auto first = text.find_first_not_of(blanks);
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

} // namespace

std::optional<signal::InfoHash> parse_info_hash(std::string_view hex) {
  signal::InfoHash hash;
  if (hex.size() != 2 * hash.bytes.size() || !all_digits(hex)) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < hash.bytes.size(); ++i) {
    hash.bytes[i] = static_cast<std::uint8_t>(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
  }
  return hash;
}

std::string hex(const signal::InfoHash& hash) {
  return triad::hex(std::as_bytes(std::span(hash.bytes)));
}

Result<AllowList> AllowList::parse(std::string_view file) {
  AllowList list;
  std::size_t number = 0;
  while (!file.empty()) {
    const auto end = file.find('\n');
    const std::string_view line = file.substr(0, end);
    file = end == std::string_view::npos ? std::string_view() : file.substr(end + 1);
    ++number;
    const std::string_view text = trimmed(line.substr(0, line.find('#')));
    if (text.empty()) {
      continue;
    }
    // Trackers know a v2 release by the first 20 bytes of its SHA-256 (BEP 52).
    const bool v2 = text.size() == 64 && all_digits(text);
    const auto hash = parse_info_hash(v2 ? text.substr(0, 40) : text);
    if (!hash) {
      return Error{ErrorCode::settings,
                   "line " + std::to_string(number) +
                       " of the allow list is no info hash (40 or 64 hex digits)",
                   {}};
    }
    list.hashes_.push_back(*hash);
  }
  std::sort(list.hashes_.begin(), list.hashes_.end());
  list.hashes_.erase(std::unique(list.hashes_.begin(), list.hashes_.end()), list.hashes_.end());
  return list;
}

bool AllowList::contains(const signal::InfoHash& release) const {
  return std::binary_search(hashes_.begin(), hashes_.end(), release);
}

} // namespace triad::tracker
