// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs requests of an HttpClient on a context of the test's own, until they are done.
#pragma once

#include "server/http_client.h"

#include <glib.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace triad::test {

// A GMainContext that only this test runs.
class Loop {
public:
  Loop() : context_(g_main_context_new()) {}
  ~Loop() { g_main_context_unref(context_); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] GMainContext* context() const { return context_; }
  // False if `done` did not come true within 20 s.
  [[nodiscard]] bool run_until(const std::function<bool()>& done) const;
  // Dispatches what is ready now.
  void run_ready() const;

private:
  GMainContext* context_;
};

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
