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

struct sockaddr;

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

// Does the server of `url` learn who asks, from cookies, headers, user info or query?
[[nodiscard]] bool has_credentials(const std::string& url, const HttpSettings& settings);

// Does the server of `url` learn who asks, from user info, query, cookies or headers?
[[nodiscard]] bool has_credentials(const std::string& url, const HttpSettings& settings);

// Where requests of one release come from. Headers, cookies, user info and query go to this origin
// (scheme, host, port) only.
struct Origin {
  std::string url; // of the metainfo; empty for a bare magnet link
  // Whether a private address may be connected to. True for a URL that the user named (the metainfo
  // itself, and files asked for beside it while it is still arriving) and for a metainfo that came
  // from a file or from a private address (HttpHeaders::private_address). False for what a public
  // metainfo or a magnet link names. A redirect from a public address to a private one is refused
  // either way.
  bool local = false;
};

enum class HttpFailure {
  none,
  connect,         // could not connect, resolve, or the connection broke before an answer
  cut,             // the body ended early, or was longer than was said
  timeout,         // stalled
  tls,             // certificate or handshake
  no_ranges,       // no or a wrong Content-Range where a range was asked; see HttpRequest::range
  not_found,       // 404, 410
  not_authorized,  // 401, 403, 407
  range,           // 416
  busy,            // 429, 503
  server_error,    // other 5xx and 4xx
  redirect,        // loop, too many, not followed, to another scheme
  private_address, // a public origin pointed at a private address
  too_large,       // longer than max_bytes
};

struct HttpRequest {
  std::string url;
  // Closed range of the body; end == UINT64_MAX: open; absent: whole. From a server without ranges
  // the whole body is read and what lies outside is dropped, if no more than max_skipped bytes have
  // to be; a suffix then fails with no_ranges.
  std::optional<ByteRange> range;
  std::optional<std::uint64_t> suffix; // the last N bytes (fewer if it is shorter), instead
  std::string if_none_match, if_modified_since;
  std::uint64_t max_bytes = UINT64_MAX; // longer bodies fail
  // Without a byte for this long (connecting and waiting for the answer too) it fails with timeout.
  std::chrono::milliseconds stall_timeout{10'000};
  Origin origin;
  HttpSettings settings;
};

struct HttpHeaders {
  int status = 0;
  std::uint64_t first_byte = 0; // of the body that follows, from Content-Range (0 for a whole one)
  std::optional<std::uint64_t> total_size; // of the resource, where known
  std::string etag, last_modified, content_type, final_url;
  // The answer came from a private address (RFC 1918, loopback, link-local, ...); behind a proxy
  // judged by the URL's host alone.
  bool private_address = false;
};

struct HttpOutcome {
  HttpFailure failure = HttpFailure::none;
  int status = 0;
  std::optional<std::chrono::seconds> retry_after;
  std::string message; // host, code, reason; for debug text
};

// Bytes that are read through at most to reach a range on a server without ranges.
inline constexpr std::uint64_t max_skipped = 4 * 1024 * 1024;

class HttpClient {
public:
  enum class RequestId : std::uint64_t {};
  // Whether an address is private; a test that calls 127.0.0.2 public gives its own.
  using IsPrivate = std::function<bool(const sockaddr&)>;
  // Any of the three may be empty.
  struct Handler {
    std::function<void(const HttpHeaders&)> headers; // once, for 200, 206 and 304
    std::function<void(Bytes)> body;
    std::function<void(const HttpOutcome&)> done; // exactly once, last; not after cancel()
  };

  // Takes a reference on `context` (null: default). `is_private` empty: is_private_address().
  explicit HttpClient(GMainContext* context, IsPrivate is_private = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  RequestId get(HttpRequest request, Handler handler);
  void cancel(RequestId id);
  // Connections to this URL's origin under these settings that are open and idle.
  [[nodiscard]] unsigned idle_connections(const std::string& url,
                                          const HttpSettings& settings) const;
  // How many requests to this URL's origin could start at once, over idle or new connections: how
  // many parts a burst is worth. 1 where connections are multiplexed (HTTP/2).
  [[nodiscard]] unsigned free_connections(const std::string& url,
                                          const HttpSettings& settings) const;
  // Body bytes so far, those of redirects and failed answers too.
  [[nodiscard]] std::uint64_t bytes_received() const;
  [[nodiscard]] GMainContext* context() const;

private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace triad
