// SPDX-License-Identifier: LGPL-2.1-or-later
// One cache folder in this process: its cache, and the openings that readers share.
//
// Lingers after its last reader, so that stop and start, or a player that opens a track again, find
// everything as it was. Any thread, unless said otherwise.
#pragma once

#include "cache/cache.h"
#include "node/opening.h"
#include "node/peers.h"
#include "node/settings.h"
#include "node/shared_entry.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace triad {

// A reader's hold on an opening and its node; while it lives, neither goes. To be dropped on the
// engine's thread.
class Lease {
public:
  Lease() = default;
  Lease(std::shared_ptr<Node> node, std::shared_ptr<Opening> opening);
  Lease(Lease&&) noexcept = default;
  Lease& operator=(Lease&&) noexcept = default;
  ~Lease();

  [[nodiscard]] Node& node() const { return *node_; }
  [[nodiscard]] Opening& opening() const { return *opening_; }
  explicit operator bool() const { return opening_ != nullptr; }

private:
  std::shared_ptr<Node> node_;
  std::shared_ptr<Opening> opening_;
};

class Node : public std::enable_shared_from_this<Node> {
public:
  // What a URI's reader shares with others, made where it isn't there yet.
  [[nodiscard]] static Lease lease(const Settings& settings, OpeningKey key);

  Node(Engine& engine, const Settings& settings);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  [[nodiscard]] Cache& cache() const { return *cache_; }
  [[nodiscard]] std::shared_ptr<SharedEntry> entry(const ReleasePtr& release,
                                                   const std::string& uri_base);
  // A track to prefetch, opened with the settings of `like`. Engine thread.
  [[nodiscard]] std::unique_ptr<NextTrack> open_next(const std::string& uri,
                                                     const OpeningKey& like);
  // The cache's troubles go to this reader too, at once if one was not told yet, and so do the
  // node's options. Engine thread.
  void add_listener(const ReaderCorePtr& core);

  // --- engine thread ---
  [[nodiscard]] Peers& peers() { return peers_; }
  // These options hold from now on, whoever had said others.
  void set(const NodeOptions& options);

private:
  friend class Lease;
  struct Shared {
    std::shared_ptr<Opening> opening;
    unsigned users = 0;
    std::chrono::nanoseconds idle_since{0};
  };
  struct Registry;
  static Registry& registry();
  static CacheOptions cache_options(Engine& engine, const std::string& id,
                                    const Settings& settings);
  static void sweep(bool all); // lets go of what has lingered long enough
  [[nodiscard]] std::shared_ptr<Opening> take(OpeningKey key);
  void release(const std::shared_ptr<Opening>& opening);
  void warn(const std::string& text);
  template <typename Tell>
  bool tell(Tell tell); // each listener; false if there is none
  void settle(const Settings& settings);

  Engine& engine_;
  const std::string id_;
  std::shared_ptr<Cache> cache_;
  Peers peers_;                  // engine thread; goes after the openings
  std::vector<Shared> openings_; // guarded by the registry's mutex

  std::mutex entries_mutex_;
  std::vector<std::pair<Sha1, std::weak_ptr<SharedEntry>>> entries_;

  // --- engine thread ---
  std::vector<std::weak_ptr<ReaderCore>> listeners_;
  std::vector<Error> untold_;
  CompanySettings company_; // without the options
  NodeOptions options_;
};

} // namespace triad
