// SPDX-License-Identifier: LGPL-2.1-or-later
// Range headers: whatever comes, what is given out lies within the resource.
#include "triad/http_range.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace triad::tool;
  const std::string header(reinterpret_cast<const char*>(data), size);
  for (const std::uint64_t length :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, std::uint64_t{UINT64_MAX}}) {
    const RangeAnswer answer = parse_range(header, length);
    if (answer.kind == RangeAnswer::Kind::part &&
        (answer.range.begin >= answer.range.end || answer.range.end > length)) {
      std::abort();
    }
    const HttpPlan plan = plan_answer(
        {.range = header, .if_range = header, .if_none_match = {}, .if_modified_since = {}}, length,
        "\"x\"", 0);
    if (plan.range.end > length || plan.range.begin > plan.range.end) {
      std::abort();
    }
  }
  // A date that is understood is one that is written the same way.
  if (const auto date = parse_http_date(header);
      date && parse_http_date(http_date(*date)) != *date) {
    std::abort();
  }
  return 0;
}
