// SPDX-License-Identifier: LGPL-2.1-or-later
// Tells the downloads of one release what the cache gained and lost.
#include "node/shared_entry.h"

namespace triad {

std::shared_ptr<SharedEntry> SharedEntry::make(Engine& engine, std::shared_ptr<CacheEntry> entry) {
  std::shared_ptr<SharedEntry> shared(new SharedEntry(std::move(entry)));
  // Never cleared: a successor may have set its own by then, and this one does nothing any more.
  shared->entry_->on_lost([&engine, weak = std::weak_ptr<SharedEntry>(shared)](PieceIndex piece) {
    engine.post([weak, piece] {
      if (const auto alive = weak.lock())
        alive->tell_lost(piece);
    });
  });
  shared->entry_->on_gained(
      [&engine, weak = std::weak_ptr<SharedEntry>(shared)](const std::vector<PieceIndex>& pieces) {
        engine.post([weak, pieces] {
          if (const auto alive = weak.lock())
            alive->tell_gained(pieces);
        });
      });
  return shared;
}

SharedEntry::SharedEntry(std::shared_ptr<CacheEntry> entry) : entry_(std::move(entry)) {}

void SharedEntry::store(PieceIndex piece, Bytes bytes, const Listener* by) {
  entry_->store(piece, bytes);
  const auto listeners = listeners_;
  for (Listener* listener : listeners)
    if (listener != by)
      listener->on_stored(piece);
}

void SharedEntry::tell_lost(PieceIndex piece) {
  const auto listeners = listeners_;
  for (Listener* listener : listeners)
    listener->on_lost(piece);
}

void SharedEntry::tell_gained(const std::vector<PieceIndex>& pieces) {
  const auto listeners = listeners_;
  for (const PieceIndex piece : pieces)
    for (Listener* listener : listeners)
      listener->on_gained(piece);
}

} // namespace triad
