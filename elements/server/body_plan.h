// SPDX-License-Identifier: LGPL-2.1-or-later
// What an answer's status and fields make of its body: which bytes of it were asked for. Pure.
#pragma once

#include "server/http_client.h"

#include <cstdint>
#include <optional>
#include <string>

namespace triad {

struct AnswerHead {
  int status = 0;
  std::string content_range, content_type; // empty: none
  std::optional<std::uint64_t> content_length;
};

struct BodyPlan {
  HttpFailure failure = HttpFailure::none; // then the body is of no use
  bool deliver = false;
  std::uint64_t skip = 0;             // bytes of the body before the first that is wanted
  std::uint64_t want = UINT64_MAX;    // then so many; UINT64_MAX: to the end of the body
  bool less_than_asked = false;       // all of `want` still leaves part of the range missing
  std::uint64_t first_byte = 0;       // where the first wanted byte stands in the resource
  std::optional<std::uint64_t> total; // size of the resource
};

// Redirects are not for here.
[[nodiscard]] BodyPlan plan_body(const HttpRequest& request, const AnswerHead& head);

// The value of Range for a request; empty for none.
[[nodiscard]] std::string range_field(const HttpRequest& request);

} // namespace triad
