// SPDX-License-Identifier: LGPL-2.1-or-later
// The little of writing JSON (RFC 8259) that the tool's reports need.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace triad::tool {

// A quoted string; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string json_string(std::string_view text);
// The value, or null.
[[nodiscard]] std::string json_string(const std::optional<std::string>& text);
// With at most one digit after the point; absent: null.
[[nodiscard]] std::string json_number(std::optional<double> value);
// Of values that are JSON already.
[[nodiscard]] std::string json_array(const std::vector<std::string>& values);
[[nodiscard]] std::string json_strings(const std::vector<std::string>& texts);

} // namespace triad::tool
