// SPDX-License-Identifier: LGPL-2.1-or-later
// triad-tracker token: prints a token for an announce URL.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace triad::tracker {

// `words`: after "token". Returns the exit code.
int token_command(const std::vector<std::string>& words);

// "90s", "15m", "12h", "30d"; at least a second. Empty: it is none of these.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);

} // namespace triad::tracker
