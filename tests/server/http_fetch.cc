// SPDX-License-Identifier: LGPL-2.1-or-later
#include "http_fetch.h"

namespace triad::test {

bool Loop::run_until(const std::function<bool()>& done) const {
  bool late = false;
  GSource* guard = g_timeout_source_new_seconds(20);
  g_source_set_callback(
      guard,
      [](gpointer flag) -> gboolean {
        *static_cast<bool*>(flag) = true;
        return G_SOURCE_REMOVE;
      },
      &late, nullptr);
  g_source_attach(guard, context_);
  while (!done() && !late)
    g_main_context_iteration(context_, TRUE);
  g_source_destroy(guard);
  g_source_unref(guard);
  return !late;
}

void Loop::run_ready() const {
  while (g_main_context_iteration(context_, FALSE)) {
  }
}

HttpClient::Handler handler_of(const std::shared_ptr<Fetched>& fetched) {
  HttpClient::Handler handler;
  handler.headers = [fetched](const HttpHeaders& headers) { fetched->headers.push_back(headers); };
  handler.body = [fetched](Bytes bytes) {
    fetched->body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  handler.done = [fetched](const HttpOutcome& outcome) { fetched->outcomes.push_back(outcome); };
  return handler;
}

HttpRequest request_of(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.origin = {url, true};
  return request;
}

std::shared_ptr<Fetched> start(HttpClient& client, HttpRequest request) {
  auto fetched = std::make_shared<Fetched>();
  client.get(std::move(request), handler_of(fetched));
  return fetched;
}

Fetched fetch(const Loop& loop, HttpClient& client, HttpRequest request) {
  const auto fetched = start(client, std::move(request));
  if (!loop.run_until([&] { return fetched->done(); })) {
    HttpOutcome hung;
    hung.message = "the test waited in vain";
    hung.failure = HttpFailure::server_error;
    fetched->outcomes.push_back(hung);
  }
  return *fetched;
}

} // namespace triad::test
