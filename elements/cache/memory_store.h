// SPDX-License-Identifier: LGPL-2.1-or-later
// Pieces that the disk didn't take, or that may not go there: the oldest give way. Any thread.
#pragma once

#include "release/hashes.h"
#include "release/units.h"

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace triad::cache {

class MemoryStore {
public:
  using Key = std::pair<Sha1, PieceIndex>; // release id, piece
  using Piece = std::shared_ptr<const std::vector<std::byte>>;

  explicit MemoryStore(std::size_t limit) : limit_(limit) {}

  // Returns what had to go for it (itself, if it alone is larger than the limit).
  [[nodiscard]] std::vector<Key> put(const Key& key, Bytes bytes);
  [[nodiscard]] Piece find(const Key& key) const;
  void remove(const Key& key);
  [[nodiscard]] std::vector<PieceIndex> pieces(const Sha1& release) const;
  [[nodiscard]] std::size_t size() const; // bytes

private:
  const std::size_t limit_; // bytes
  mutable std::mutex mutex_;
  std::size_t size_ = 0;
  std::uint64_t next_ = 0;
  struct Kept {
    Piece piece;
    std::uint64_t age;
  };
  std::map<Key, Kept> pieces_;
  std::map<std::uint64_t, Key> by_age_;
  void remove_locked(std::map<Key, Kept>::iterator at);
};

} // namespace triad::cache
