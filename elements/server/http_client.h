// SPDX-License-Identifier: LGPL-2.1-or-later
// Asynchronous HTTP on one GMainContext: ranges, kept connections, and care about whom it talks to.
//
// All calls and callbacks on the context's thread. libcurl's multi-socket interface; never libsoup
// (see docs/dependencies.md). A callback may start and cancel requests, also its own.
#pragma once

#include "release/hashes.h"
#include "release/result.h"
#include "release/units.h"

#include <glib.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace triad {

// An element's HTTP properties. Elements that differ in them never share a connection.
struct HttpSettings {
  std::string user_agent;                      // empty: "triad/VERSION"
  std::string proxy, proxy_id, proxy_password; // empty: as the system has it
  bool tls_strict = true;
  std::string tls_ca_file; // empty: the system's
  std::vector<std::string> cookies;
  std::vector<std::pair<std::string, std::string>> extra_headers;
  bool automatic_redirect = true;

  bool operator==(const HttpSettings&) const = default;
};

// Where requests of one release come from: headers, cookies, user info and query go to this origin
// only, and a public origin can't send us to a private address.
struct Origin {
  std::string url;    // of the metainfo; empty for a bare magnet link
  bool local = false; // metainfo from a file: its web seeds may be private
};

enum class HttpFailure {
  none,
  connect,         // could not connect, resolve, or the connection broke before an answer
  cut,             // the body ended early, or was longer than was said
  timeout,         // stalled
  tls,             // certificate or handshake
  no_ranges,       // 200 or a wrong Content-Range where a range was asked
  not_found,       // 404, 410
  not_authorized,  // 401, 403, 407
  range,           // 416
  busy,            // 429, 503
  server_error,    // other 5xx and 4xx
  redirect,        // loop, too many, not followed, to another scheme
  private_address, // a public origin pointed at a private address
  cancelled,
};

struct HttpRequest {
  std::string url;
  // Closed range of the body; end == UINT64_MAX: open; absent: whole.
  std::optional<ByteRange> range;
  std::optional<std::uint64_t> suffix; // the last N bytes, instead of range
  std::string if_none_match, if_modified_since;
  std::uint64_t max_bytes = UINT64_MAX; // longer bodies fail
  Origin origin;
  HttpSettings settings;
};

struct HttpHeaders {
  int status = 0;
  std::uint64_t first_byte = 0; // of the body that follows, from Content-Range (0 for a whole one)
  std::optional<std::uint64_t> total_size; // of the resource, where known
  std::string etag, last_modified, content_type, final_url;
};

struct HttpOutcome {
  HttpFailure failure = HttpFailure::none;
  int status = 0;
  std::optional<std::chrono::seconds> retry_after;
  std::string message; // host, code, reason; for debug text
};

class HttpClient {
public:
  enum class RequestId : std::uint64_t {};
  struct Handler {
    std::function<void(const HttpHeaders&)> headers; // once, for 200, 206 and 304
    std::function<void(Bytes)> body;
    std::function<void(const HttpOutcome&)> done; // exactly once, last; not after cancel()
  };

  // Takes a reference on `context` (null: default).
  explicit HttpClient(GMainContext* context);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  RequestId get(HttpRequest request, Handler handler);
  void cancel(RequestId id);
  // Idle connections to this URL's host under these settings: how many a burst of small parts can
  // use.
  [[nodiscard]] unsigned idle_connections(const std::string& url,
                                          const HttpSettings& settings) const;
  [[nodiscard]] std::uint64_t bytes_received() const;

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace triad
