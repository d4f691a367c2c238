// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server/body_plan.h"

#include "server/http_fields.h"

#include <algorithm>

namespace triad {
namespace {

HttpFailure failure_of(int status) {
  switch (status) {
  case 401:
  case 403:
  case 407:
    return HttpFailure::not_authorized;
  case 404:
  case 410:
    return HttpFailure::not_found;
  case 416:
    return HttpFailure::range;
  case 429:
  case 503:
    return HttpFailure::busy;
  default:
    return HttpFailure::server_error;
  }
}

BodyPlan failed(HttpFailure failure) {
  BodyPlan plan;
  plan.failure = failure;
  return plan;
}

BodyPlan partial(const HttpRequest& request, const AnswerHead& head) {
  const auto answered = parse_content_range(head.content_range);
  if (!answered || !answered->range || (!request.range && !request.suffix))
    return failed(HttpFailure::no_ranges);
  const ByteRange got = *answered->range;
  BodyPlan plan;
  plan.deliver = true;
  plan.first_byte = got.begin;
  plan.total = answered->size;
  plan.want = got.size();
  const bool to_the_end = answered->size && got.end == *answered->size;
  if (request.suffix) {
    // Fewer bytes are right only for a resource that has no more.
    if (!to_the_end || got.size() > *request.suffix ||
        (got.size() < *request.suffix && got.begin != 0))
      return failed(HttpFailure::no_ranges);
    return plan;
  }
  const ByteRange asked = *request.range;
  if (got.begin != asked.begin)
    return failed(HttpFailure::no_ranges);
  plan.want = std::min(got.size(), asked.size());
  plan.less_than_asked =
      got.end < asked.end && !to_the_end && (asked.end != UINT64_MAX || answered->size.has_value());
  return plan;
}

BodyPlan whole(const HttpRequest& request, const AnswerHead& head) {
  BodyPlan plan;
  plan.deliver = true;
  plan.total = head.content_length;
  if (request.suffix) {
    if (!plan.total || *plan.total > *request.suffix)
      return failed(HttpFailure::no_ranges);
    plan.want = *plan.total;
    return plan;
  }
  if (!request.range) {
    if (plan.total)
      plan.want = *plan.total;
    if (plan.total && *plan.total > request.max_bytes)
      return failed(HttpFailure::too_large);
    return plan;
  }
  const ByteRange asked = *request.range;
  if (plan.total && asked.begin >= *plan.total)
    return failed(HttpFailure::range);
  if (asked.begin > max_skipped)
    return failed(HttpFailure::no_ranges);
  plan.skip = plan.first_byte = asked.begin;
  if (plan.total)
    plan.want = std::min(asked.end, *plan.total) - asked.begin;
  else if (asked.end != UINT64_MAX)
    plan.want = asked.size();
  return plan;
}

} // namespace

BodyPlan plan_body(const HttpRequest& request, const AnswerHead& head) {
  if (head.status == 206)
    return partial(request, head);
  if (head.status == 200)
    return whole(request, head);
  if (head.status == 304 && (!request.if_none_match.empty() || !request.if_modified_since.empty()))
    return {};
  return failed(failure_of(head.status));
}

std::string range_field(const HttpRequest& request) {
  if (request.suffix)
    return '-' + std::to_string(*request.suffix);
  if (!request.range)
    return {};
  const std::string first = std::to_string(request.range->begin) + '-';
  return request.range->end == UINT64_MAX ? first : first + std::to_string(request.range->end - 1);
}

} // namespace triad
