// SPDX-License-Identifier: LGPL-2.1-or-later
#include "http_fetch.h"

namespace triad::test {

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
