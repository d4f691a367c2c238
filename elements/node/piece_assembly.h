// SPDX-License-Identifier: LGPL-2.1-or-later
// Collects the bytes of pieces that are on their way until each piece is whole. Not thread-safe.
#pragma once

#include "node/range_set.h"
#include "node/sent_bytes.h"
#include "release/release.h"

#include <functional>
#include <map>
#include <vector>

namespace triad {

class PieceAssembly {
public:
  explicit PieceAssembly(const Release& release) : release_(release) {}

  struct Added {
    std::uint64_t wasted = 0;       // bytes that were there already
    std::vector<BlockIndex> blocks; // have become whole
    std::vector<PieceIndex> pieces; // have become whole
  };
  // `offset` in release space. Bytes of pieces for which `done` is true count as wasted. `sender`:
  // see SentRange.
  Added add(std::uint64_t offset, Bytes bytes, std::optional<SupplierId> sender,
            const std::function<bool(PieceIndex)>& done);

  // What is not there yet of a range (release space); pads and gaps always are.
  [[nodiscard]] std::vector<ByteRange> missing(ByteRange range) const;
  [[nodiscard]] bool has(BlockIndex block) const {
    return missing(release_.block_range(block)).empty();
  }

  SentPiece take(PieceIndex piece); // a whole one; it is forgotten here
  void drop(PieceIndex piece);

private:
  struct Partial {
    SentPiece sent;
    RangeSet had; // release space
  };
  // What is there of a piece before any byte has come.
  [[nodiscard]] RangeSet had_from_the_start(PieceIndex piece) const;
  Partial& partial(PieceIndex piece);

  const Release& release_; // its geometry alone
  std::map<PieceIndex, Partial> partials_;
};

} // namespace triad
