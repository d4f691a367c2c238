// SPDX-License-Identifier: LGPL-2.1-or-later
// The third source: a release's web seeds (BEP 19) as one supplier of file ranges.
//
// The HttpClient's thread only. Chooses among the release's servers, keeps HTTP requests to at most
// 1 MiB, splits what a waiting reader needs over several connections, and retries:
//  - no connection: back-off from 0.1 s to 1 s, until `timeout`;
//  - 5xx, 429, a stall, a short body: back-off from 0.2 s to 4 s or Retry-After, `retries` times
//  for
//    one range and server, counted anew when a block of it came;
//  - 404, 401, 416, wrong ranges, a bad certificate, a wrong size, a second bad piece: that server
//    is not asked for that file again.
// Another server is asked as soon as one fails; it is an error when none is left.
#pragma once

#include "release/release.h"
#include "server/http_client.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace triad {

struct ServerOptions {
  HttpSettings http;
  Origin origin;
  unsigned retries = 3;               // failed answers per range and server; UINT_MAX: endless
  std::chrono::seconds timeout{15};   // of failed connects per range and server; 0: endless
  std::vector<std::string> web_seeds; // of a magnet link (ws=), besides the release's
  std::string fallback_base;          // where there is neither: beside the metainfo
  std::uint64_t seed = 0;             // of the servers' order and the back-off's jitter
};

class Server {
public:
  enum class RequestId : std::uint64_t {};

  struct Events {
    // Bytes of a file at `offset` (file space), not yet verified. A request is fetched in parts,
    // each in its own order; parts may interleave, and no byte of the range comes twice.
    std::function<void(RequestId, FileIndex, std::uint64_t offset, Bytes)> bytes;
    // The request is over, exactly once, last; not after cancel(). `complete` false: part of the
    // range was not delivered. Then either `fatal` says why no server can deliver it now (asking
    // again starts all over, except for servers that were retired), or the servers want to be left
    // alone for `retry_in`, longer than the timeout.
    std::function<void(RequestId, bool complete, std::optional<std::chrono::nanoseconds> retry_in,
                       std::optional<Error> fatal)>
        done;
  };

  // `client` outlives it. Events come from the client's context, never from within a call; they may
  // call anything here, and destroy this.
  Server(HttpClient& client, ReleasePtr release, ServerOptions options, Events events);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // `range` in file space, never a pad. `starved`: a reader waits for its first byte.
  RequestId request(FileIndex file, ByteRange range, bool starved);
  void cancel(RequestId id);
  // A piece with these bytes of `file` was bad. After two, who delivered them is retired for the
  // file.
  void report_bad(FileIndex file, ByteRange range);
  // Some server is not retired for the file.
  [[nodiscard]] bool usable(FileIndex file) const;
  // The release with its url-list replaces the one parsed from a prefix.
  void set_release(ReleasePtr release);
  [[nodiscard]] std::string last_error() const; // host and reason; empty if there was none

private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace triad
