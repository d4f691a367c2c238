// SPDX-License-Identifier: LGPL-2.1-or-later
// HTTP/1.1 requests as a tracker reads them, and what it answers. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace triad::tracker {

struct HttpRequest {
  std::string method;
  std::string target; // path and query, as sent
  std::string accept; // of each of these headers: its value; empty: absent
  std::string authorization;
  std::string forwarded_for; // every X-Forwarded-For, in order, joined by commas
  std::string websocket_key;
  std::string websocket_version;
  std::string body;
  bool upgrade = false; // to a WebSocket
  bool keep_alive = false;
  std::size_t size = 0; // of the whole request, in bytes

  [[nodiscard]] std::string_view path() const;
  [[nodiscard]] std::string_view query() const; // without the '?'
};

struct HttpIncomplete {}; // more bytes are needed

struct HttpFault {
  unsigned status; // to answer with, before the connection ends
};

inline constexpr std::size_t max_http_header = 8 * 1024; // bytes
inline constexpr std::size_t max_http_body = 4 * 1024;   // bytes
// Of a whole request: a chunked body comes with chunks' extensions and trailers, too.
inline constexpr std::size_t max_http_request = 2 * (max_http_header + max_http_body);

using HttpResult = std::variant<HttpRequest, HttpIncomplete, HttpFault>;
[[nodiscard]] HttpResult parse_http_request(std::string_view bytes);

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers; // further ones

  // As sent. `head`: it answers a HEAD, so that the body stays away.
  [[nodiscard]] std::string text(bool keep_alive, bool head) const;
};

// The answer that opens a WebSocket, or why it can't be opened (RFC 6455 section 4.2).
[[nodiscard]] std::variant<std::string, HttpResponse> accept_websocket(const HttpRequest& request);

// A parameter of "a=1&b=2", as it stands there; empty: it does not.
[[nodiscard]] std::optional<std::string_view> parameter(std::string_view query,
                                                        std::string_view name);

} // namespace triad::tracker
