// SPDX-License-Identifier: LGPL-2.1-or-later
// What an HTTP request asks of a resource: ranges and conditions (RFC 9110, sections 13 and 14).
// Pure.
#pragma once

#include "release/units.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace triad::tool {

struct RangeAnswer {
  enum class Kind { whole, part, unsatisfiable };
  Kind kind = Kind::whole;
  ByteRange range; // of a part: not empty, within the resource
};

// A Range header's value. What is malformed, of another unit or names several ranges is answered by
// the whole, as section 14.2 allows.
[[nodiscard]] RangeAnswer parse_range(std::string_view header, std::uint64_t size);

// Request headers that decide; absent ones are empty.
struct HttpConditions {
  std::optional<std::string> range, if_range, if_none_match, if_modified_since;
};

struct HttpPlan {
  int status = 200; // 200, 206, 304 or 416
  ByteRange range;  // of the body: the whole resource for 200
};

// `etag`: strong, with its quotes. `modified`: seconds since 1970.
[[nodiscard]] HttpPlan plan_answer(const HttpConditions& conditions, std::uint64_t size,
                                   std::string_view etag, std::int64_t modified);

// An IMF-fixdate (section 5.6.7), as Last-Modified wants it; and back.
[[nodiscard]] std::string http_date(std::int64_t seconds);
[[nodiscard]] std::optional<std::int64_t> parse_http_date(const std::string& text);

} // namespace triad::tool
