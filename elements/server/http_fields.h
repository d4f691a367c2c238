// SPDX-License-Identifier: LGPL-2.1-or-later
// The HTTP header fields that decide what a body is and when to come back. Pure; any thread.
#pragma once

#include "release/units.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace triad {

// RFC 9110, section 14.4: bytes FIRST-LAST/TOTAL, bytes FIRST-LAST/*, bytes */TOTAL.
struct ContentRange {
  std::optional<ByteRange> range;    // never empty; absent for */TOTAL
  std::optional<std::uint64_t> size; // of the resource; absent for /*
};
// Empty for anything else, also for a range that is empty or ends beyond the size.
[[nodiscard]] std::optional<ContentRange> parse_content_range(std::string_view value);

// RFC 9110, section 10.2.3: seconds or an HTTP date, seen at `now` (seconds since 1970). At least
// 0, at most a day; empty if it is neither.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                                    std::int64_t now);

// Decimal digits only; empty if there are none, others, or too many.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

// Without spaces and tabs at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

} // namespace triad
