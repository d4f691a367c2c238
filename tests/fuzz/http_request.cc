// SPDX-License-Identifier: LGPL-2.1-or-later
// HTTP requests: what is taken lies within its bytes, no more is ever waited for than may come, and
// every request can be answered.
#include "tracker/server/http_messages.h"
#include "tracker/server/socket_address.h"

#include "require.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace triad::tracker;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_http_request(text);
  if (const auto* fault = std::get_if<HttpFault>(&parsed)) {
    FUZZ_REQUIRE(fault->status >= 400 && fault->status < 500);
  }
  const auto* request = std::get_if<HttpRequest>(&parsed);
  if (!request) {
    return 0;
  }
  FUZZ_REQUIRE(request->size > 0 && request->size <= size);
  FUZZ_REQUIRE(request->body.size() <= max_http_body);
  FUZZ_REQUIRE(request->target.find_first_of(std::string_view("\r\n\0 ", 4)) == std::string::npos);
  FUZZ_REQUIRE(request->path().size() + request->query().size() <= request->target.size());
  const auto again = parse_http_request(text.substr(0, request->size));
  FUZZ_REQUIRE(std::holds_alternative<HttpRequest>(again));
  for (const std::uint32_t proxies : {1U, 2U}) {
    (void)forwarded_address(request->forwarded_for, proxies);
  }
  (void)parameter(request->query(), "peer_share");
  const auto accepted = accept_websocket(*request);
  if (const auto* answer = std::get_if<std::string>(&accepted)) {
    FUZZ_REQUIRE(answer->find("\r\n\r\n") == answer->size() - 4);
  }
  return 0;
}
