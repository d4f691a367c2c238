// SPDX-License-Identifier: LGPL-2.1-or-later
// A release's place in the cache, shared by all downloads of the release in this process.
//
// Downloads whose readers differ in their HTTP settings fetch apart, but what one has verified is
// there for the others. Listeners: engine thread only.
#pragma once

#include "cache/cache.h"
#include "node/engine.h"

#include <memory>
#include <vector>

namespace triad {

class SharedEntry : public std::enable_shared_from_this<SharedEntry> {
public:
  class Listener {
  public:
    virtual ~Listener() = default;
    virtual void on_stored(PieceIndex piece) = 0; // by somebody else
    virtual void on_lost(PieceIndex piece) = 0;
    virtual void on_gained(PieceIndex piece) { (void)piece; } // stored by another process
  };

  static std::shared_ptr<SharedEntry> make(Engine& engine, std::shared_ptr<CacheEntry> entry);

  [[nodiscard]] CacheEntry& cache() const { return *entry_; }
  void store(PieceIndex piece, Bytes bytes, const Listener* by);

  // Whether peers may have it. Not what was fetched with credentials of this machine's user, unless
  // its publisher named trackers.
  void keep_private() { private_ = true; }
  [[nodiscard]] bool gives(PieceIndex piece) const { return !private_ && entry_->has(piece); }

  void add(Listener* listener) { listeners_.push_back(listener); }
  void remove(Listener* listener) { std::erase(listeners_, listener); }

private:
  explicit SharedEntry(std::shared_ptr<CacheEntry> entry);
  void tell_lost(PieceIndex piece);
  void tell_gained(const std::vector<PieceIndex>& pieces);

  const std::shared_ptr<CacheEntry> entry_;
  std::vector<Listener*> listeners_;
  bool private_ = false;
};

} // namespace triad
