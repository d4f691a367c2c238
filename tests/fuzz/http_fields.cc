// SPDX-License-Identifier: LGPL-2.1-or-later
// Content-Range, Retry-After, and what they make of an answer. First byte: the kind of request and
// the status; then the field's value.
#include "server/http_fields.h"
#include "fuzz/require.h"
#include "server/body_plan.h"

#include <cstdint>
#include <string>

using namespace triad;

namespace {

void judge_plan(std::uint8_t kind, const std::string& value) {
  HttpRequest request;
  switch (kind & 3) {
  case 0:
    break;
  case 1:
    request.range = ByteRange{kind, std::uint64_t{kind} + 100};
    break;
  case 2:
    request.range = ByteRange{kind, UINT64_MAX};
    break;
  default:
    request.suffix = std::uint64_t{kind} + 1;
  }
  AnswerHead head;
  head.status = (kind & 4) != 0 ? 200 : 206;
  head.content_range = value;
  head.content_length = parse_number(value);
  const BodyPlan plan = plan_body(request, head);
  FUZZ_REQUIRE(plan.deliver == (plan.failure == HttpFailure::none));
  if (!plan.deliver)
    return;
  FUZZ_REQUIRE(plan.skip <= max_skipped);
  if (request.range) {
    FUZZ_REQUIRE(plan.first_byte == request.range->begin);
    FUZZ_REQUIRE(plan.want == UINT64_MAX || plan.want <= request.range->size());
  }
  if (request.suffix)
    FUZZ_REQUIRE(plan.want <= *request.suffix);
  if (plan.total && plan.want != UINT64_MAX)
    FUZZ_REQUIRE(plan.first_byte + plan.want <= *plan.total);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const std::string value(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (const auto parsed = parse_content_range(value)) {
    FUZZ_REQUIRE(parsed->range || parsed->size);
    if (parsed->range)
      FUZZ_REQUIRE(!parsed->range->empty());
    if (parsed->range && parsed->size)
      FUZZ_REQUIRE(parsed->range->end <= *parsed->size);
  }
  if (const auto wait = parse_retry_after(value, 1'400'000'000))
    FUZZ_REQUIRE(wait->count() >= 0 && wait->count() <= 86'400);
  judge_plan(data[0], value);
  return 0;
}
