// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes bencoded values by hand, wrong ones too: nothing is sorted or checked.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace triad::bencode {

inline std::string str(std::string_view text) {
  return std::to_string(text.size()) + ":" + std::string(text);
}

inline std::string num(std::int64_t value) {
  return "i" + std::to_string(value) + "e";
}

inline std::string list(const std::vector<std::string>& items) {
  std::string made = "l";
  for (const std::string& item : items)
    made += item;
  return made + "e";
}

using Entry = std::pair<std::string, std::string>; // a key, and a value that is bencoded already

inline std::string dict(const std::vector<Entry>& entries) {
  std::string made = "d";
  for (const auto& [key, value] : entries)
    made += str(key) + value;
  return made + "e";
}

} // namespace triad::bencode
