// SPDX-License-Identifier: LGPL-2.1-or-later
// Pieces whose hash was wrong and whose bytes came from several suppliers: kept until the right
// bytes come and tell who had lied (rule 6). Pure.
#pragma once

#include "node/sent_bytes.h"
#include "release/release.h"

#include <deque>
#include <set>

namespace triad {

class BadPieces {
public:
  // Of a bad piece that `from` begins at (release space). The oldest are forgotten where too many
  // bytes would be kept.
  void keep(PieceIndex piece, std::uint64_t from, SentPiece sent);
  [[nodiscard]] bool has(PieceIndex piece) const;
  // The piece's right bytes have come: who had sent others. It is forgotten.
  [[nodiscard]] std::set<SupplierId> liars(PieceIndex piece, Bytes right);

private:
  struct Kept {
    PieceIndex piece;
    std::uint64_t from = 0;
    SentPiece sent;
  };
  std::deque<Kept> kept_; // oldest first
  std::uint64_t bytes_ = 0;
};

} // namespace triad
