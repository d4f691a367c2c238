// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the verified pieces of a download are: in the cache, or, while the metainfo is still
// arriving, in memory. Also knows which bytes came from where and were handed to nobody yet.
//
// accept() and set_release() on the engine's thread, the rest from any.
#pragma once

#include "node/range_set.h"
#include "node/sent_bytes.h"
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
  // A whole piece from suppliers; `piece.bytes` are moved from unless they are bad.
  Accepted accept(PieceIndex piece, SentPiece& sent);

  // The whole metainfo is there: pieces in memory are judged by all of their hashes.
  struct Judged {
    std::vector<PieceIndex> readable; // that were not before
    std::vector<std::pair<PieceIndex, SentPiece>> bad;
    bool inconsistent = false;
  };
  Judged set_release(ReleasePtr release);

  [[nodiscard]] ReleasePtr release() const;
  [[nodiscard]] bool has(PieceIndex piece) const;
  // It came and stays in memory, whether readable or not.
  [[nodiscard]] bool keeps(PieceIndex piece) const;
  // Of such pieces.
  [[nodiscard]] std::uint64_t kept_bytes() const;
  // The cache says that it has it, and does not give it: it is not had until accept() brings it
  // again, and then stays in memory too.
  void distrust(PieceIndex piece);
  // As CacheEntry::read().
  [[nodiscard]] std::size_t read(FileIndex file, std::uint64_t offset, std::span<std::byte> out);
  // How many bytes of `range` (file space) suppliers brought and nobody has taken before.
  struct Fresh {
    std::uint64_t server = 0, peers = 0;
  };
  Fresh take_fresh(FileIndex file, ByteRange range);
  [[nodiscard]] CacheEntry& cache() const { return entry_->cache(); }

private:
  struct Kept {
    SentPiece sent;
    bool readable = false;
  };
  struct FreshRanges {
    RangeSet server, peers;
  };
  void mark_fresh(const std::vector<SentRange>& ranges);

  const std::shared_ptr<SharedEntry> entry_;
  const SharedEntry::Listener* const owner_;
  mutable std::mutex mutex_;
  ReleasePtr release_;
  std::map<PieceIndex, Kept> kept_;
  std::set<PieceIndex> distrusted_;
  std::map<FileIndex, FreshRanges> fresh_;
};

} // namespace triad
