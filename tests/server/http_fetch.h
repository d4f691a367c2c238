// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs requests of an HttpClient on a context of the test's own, until they are done.
#pragma once

#include "kit/loop.h"
#include "server/http_client.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace triad::test {

// What came of one request.
struct Fetched {
  std::vector<HttpHeaders> headers;
  std::string body;
  std::vector<HttpOutcome> outcomes;

  [[nodiscard]] bool done() const { return !outcomes.empty(); }
  [[nodiscard]] HttpFailure failure() const { return outcomes.front().failure; }
};

[[nodiscard]] HttpClient::Handler handler_of(const std::shared_ptr<Fetched>& fetched);

// A request of a URL that the user named.
[[nodiscard]] HttpRequest request_of(const std::string& url);

std::shared_ptr<Fetched> start(HttpClient& client, HttpRequest request);
// Waits for it as well.
Fetched fetch(const Loop& loop, HttpClient& client, HttpRequest request);

} // namespace triad::test
