// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the verified pieces of a download are: in the cache, or, while the metainfo is still
// arriving, in memory. Also knows which bytes came from a server and were handed to nobody yet.
//
// accept() and set_release() on the engine's thread, the rest from any.
#pragma once

#include "node/range_set.h"
#include "node/shared_entry.h"

#include <map>
#include <mutex>
#include <set>

namespace triad {

class PieceStore {
public:
  PieceStore(ReleasePtr release, std::shared_ptr<SharedEntry> entry,
             const SharedEntry::Listener* owner);

  enum class Accepted {
    readable, // verified; readers may have it
    kept,     // can't be judged before the whole metainfo is there
    bad,
    inconsistent, // the metainfo contradicts itself
  };
  // A whole piece from a server.
  Accepted accept(PieceIndex piece, std::vector<std::byte> bytes);

  // The whole metainfo is there: pieces in memory are judged by all of their hashes.
  struct Judged {
    std::vector<PieceIndex> readable, bad; // that were not readable before; that are not any more
    bool inconsistent = false;
  };
  Judged set_release(ReleasePtr release);

  [[nodiscard]] ReleasePtr release() const;
  [[nodiscard]] bool has(PieceIndex piece) const;
  // It came and stays in memory, whether readable or not.
  [[nodiscard]] bool keeps(PieceIndex piece) const;
  // The cache says that it has it, and does not give it: it is not had until accept() brings it
  // again, and then stays in memory too.
  void distrust(PieceIndex piece);
  // As CacheEntry::read().
  [[nodiscard]] std::size_t read(FileIndex file, std::uint64_t offset, std::span<std::byte> out);
  // How many bytes of `range` (file space) a server brought and nobody has taken before.
  std::uint64_t take_fresh(FileIndex file, ByteRange range);
  [[nodiscard]] CacheEntry& cache() const { return entry_->cache(); }

private:
  struct Kept {
    std::vector<std::byte> bytes;
    bool readable = false;
  };
  void mark_fresh(PieceIndex piece);

  const std::shared_ptr<SharedEntry> entry_;
  const SharedEntry::Listener* const owner_;
  mutable std::mutex mutex_;
  ReleasePtr release_;
  std::map<PieceIndex, Kept> kept_;
  std::set<PieceIndex> distrusted_;
  std::map<FileIndex, RangeSet> fresh_;
};

} // namespace triad
