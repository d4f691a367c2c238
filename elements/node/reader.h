// SPDX-License-Identifier: LGPL-2.1-or-later
// One open track: a cursor over a download that all readers of the process share.
//
// read() blocks a streaming thread; everything else returns at once. Any thread, except that at
// most one thread reads at a time.
#pragma once

#include "node/node_options.h"
#include "release/release.h"
#include "release/result.h"
#include "release/units.h"
#include "server/http_client.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace triad {

// Which sources may be used; without the cache everything is kept in memory.
enum class Sources : unsigned {
  none = 0,
  cache = 1 << 0,
  peers = 1 << 1,
  server = 1 << 2,
  all = cache | peers | server,
};
[[nodiscard]] constexpr bool uses(Sources set, Sources one) {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(one)) != 0;
}

// What a reader is opened with. Absent values come from the environment, then the settings file,
// then defaults.
struct OpenOptions {
  std::string uri;
  std::optional<Sources> sources;
  std::optional<std::filesystem::path> cache_dir; // picks the node
  std::optional<std::uint64_t> cache_size;        // bytes
  NodeOptions node;                               // about peers; taken by the node
  HttpSettings http;
  std::chrono::nanoseconds timeout =
      std::chrono::seconds(15); // no byte from any source while a read waits
  int retries = 3;              // per source and range; -1: endless
  std::string next_uri;         // to prefetch; empty: the release's next track
};

struct ReaderStats {
  // Track bytes handed to this reader, by where they came from.
  std::uint64_t bytes_cache = 0, bytes_peers = 0, bytes_server = 0;
  std::uint64_t bytes_wasted = 0; // received for its track and thrown away
  // Received for its track, wasted ones included: from the server, and from each peer.
  std::uint64_t server_received = 0;
  struct Peer {
    std::string id; // names a listener, the same in all releases
    std::uint64_t received = 0;
  };
  std::vector<Peer> peers;                 // that sent something
  std::chrono::nanoseconds start_delay{0}; // open to first byte
  std::uint64_t stalls = 0;                // reads after the first that had to wait for a source
  std::chrono::nanoseconds stalled{0};
  std::chrono::nanoseconds lead{0};      // how much is there beyond the playhead, without a gap
  double server_rate = 0, peer_rate = 0; // bytes per second
  std::size_t links = 0;                 // to peers of its release, now
  bool waiting = false;                  // a read waits for a source now
};

// What the element tells; called on the engine's thread (or from within open()), no lock held.
class ReaderListener {
public:
  virtual ~ReaderListener() = default;
  // Pipeline's running time; empty while it has none. Must be quick and thread-safe.
  virtual std::optional<std::chrono::nanoseconds> running_time() = 0;
  // Length, duration or byte rate became known.
  virtual void on_facts() = 0;
  enum class Progress { start, proceed, complete, cancelled, error };
  // `code`: "open", "connect", "metadata"; `text` for people.
  virtual void on_progress(Progress kind, const char* code, const std::string& text) = 0;
  virtual void on_warning(const Error& warning) = 0;
  // Peers are used for the first time in this process: others see this machine's address from now
  // on. `trackers`: where they are looked for.
  virtual void on_peers_used(const std::vector<std::string>& trackers) { (void)trackers; }
  // What holds for the node, if anything was said about it. At first, and when it changes.
  virtual void on_node_options(const NodeOptions& options) { (void)options; }
};

class Reader {
public:
  // Never blocks, never fails here: what is wrong comes out of read(). `listener` outlives the
  // reader or is dropped first (weak).
  static std::shared_ptr<Reader> open(OpenOptions options, std::weak_ptr<ReaderListener> listener);
  virtual ~Reader() = default;

  enum class Outcome { bytes, end, cancelled, error };
  struct ReadResult {
    Outcome outcome;
    std::size_t size = 0;
  };
  // Verified bytes from `offset` (file space): at least one, at most out.size(), as many as are
  // there. Waits for opening and for sources.
  virtual ReadResult read(std::uint64_t offset, std::span<std::byte> out) = 0;
  [[nodiscard]] virtual std::optional<Error> error() const = 0;

  // Latches: reads return `cancelled` until resume(), also one that starts later.
  virtual void cancel() = 0;
  virtual void resume() = 0;

  // The next read starts here. Cheap: re-orders what is fetched. `stop`: nothing from it on is
  // wanted.
  virtual void seek(std::uint64_t offset, std::optional<std::uint64_t> stop) = 0;
  virtual void set_copy(bool copy) = 0; // no sink with a clock: no deadlines
  virtual void
  set_byte_rate(double bytes_per_second) = 0; // downstream's, where the metainfo has no duration
  virtual void set_next_uri(const std::string& uri) = 0;
  virtual void set_node_options(const NodeOptions& options) = 0; // for all of the node

  // Facts; empty until the release is known.
  [[nodiscard]] virtual std::optional<std::uint64_t> length() const = 0;
  [[nodiscard]] virtual std::optional<std::chrono::nanoseconds> duration() const = 0;
  // Complete in the cache and held there from the first time this was true.
  [[nodiscard]] virtual bool complete() = 0;
  [[nodiscard]] virtual std::vector<ByteRange> cached_ranges() const = 0;
  [[nodiscard]] virtual ReaderStats stats() const = 0;
};

// The release that `uri` names, from the cache or its server. Blocks up to `timeout`; for tools,
// not for elements.
[[nodiscard]] Result<ReleasePtr> load_release(const OpenOptions& options);

// The tracks' URIs of a release, in playing order (one where `uri` names a track already). Blocks;
// cancellable by nothing but the timeout: for tools, not for elements.
[[nodiscard]] Result<std::vector<std::string>> list_tracks(const OpenOptions& options);

} // namespace triad
