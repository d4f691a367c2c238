// SPDX-License-Identifier: LGPL-2.1-or-later
// The third source: a release's web seeds (BEP 19) as one supplier of file ranges.
//
// Engine thread only. Chooses among the release's servers, keeps requests to at most 1 MiB, splits
// what a waiting reader needs over idle connections, retries as section "Reactions" of
// docs/architecture.md tells.
#pragma once

#include "release/release.h"
#include "server/http_client.h"

#include <chrono>
#include <functional>
#include <memory>
#include <random>

namespace triad {

struct ServerOptions {
  HttpSettings http;
  Origin origin;
  unsigned retries = 3;             // answers (5xx, short, wrong) per range
  std::chrono::seconds timeout{15}; // failed connects back off until this
  std::string fallback_base;        // where files are without url-list: beside the metainfo
  std::uint64_t seed = 0;           // of the back-off's jitter
};

class Server {
public:
  enum class RequestId : std::uint64_t {};

  struct Events {
    // Bytes of a file at `offset` (file space), not yet verified. A request is fetched in parts,
    // each in its own order; parts may interleave, and no byte of the range comes twice.
    std::function<void(RequestId, FileIndex, std::uint64_t offset, Bytes)> bytes;
    // The request is over, exactly once, last; not after cancel(). On failure part of its range was
    // not delivered, and retries and other servers are used up: `fatal` says why. `retry_in`: the
    // servers asked to be left alone that long (Retry-After); ask again then, it is not fatal.
    std::function<void(RequestId, bool complete, std::optional<std::chrono::nanoseconds> retry_in,
                       std::optional<Error> fatal)>
        done;
  };

  Server(HttpClient& client, ReleasePtr release, ServerOptions options, Events events);
  ~Server();

  // `range` in file space, never a pad. `starved`: a reader waits for its first byte.
  RequestId request(FileIndex file, ByteRange range, bool starved);
  void cancel(RequestId id);
  // A piece with bytes of `file` from this supplier was bad. After two, that server is retired for
  // the file.
  void report_bad(FileIndex file, ByteRange range);
  [[nodiscard]] bool usable(FileIndex file) const;
  // The release with its url-list replaces the one parsed from a prefix.
  void set_release(ReleasePtr release);
  [[nodiscard]] std::string last_error() const;

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace triad
