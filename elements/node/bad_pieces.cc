// SPDX-License-Identifier: LGPL-2.1-or-later
// Compares wrong pieces with the right ones.
#include "node/bad_pieces.h"

#include <algorithm>

namespace triad {

namespace {

constexpr std::uint64_t most_bytes = 32 * 1024 * 1024;

} // namespace

void BadPieces::keep(PieceIndex piece, std::uint64_t from, SentPiece sent) {
  bytes_ += sent.bytes.size();
  kept_.push_back({piece, from, std::move(sent)});
  while (bytes_ > most_bytes && kept_.size() > 1) {
    bytes_ -= kept_.front().sent.bytes.size();
    kept_.pop_front();
  }
}

bool BadPieces::has(PieceIndex piece) const {
  return std::any_of(kept_.begin(), kept_.end(),
                     [piece](const Kept& each) { return each.piece == piece; });
}

std::set<SupplierId> BadPieces::liars(PieceIndex piece, Bytes right) {
  std::set<SupplierId> found;
  for (const Kept& each : kept_) {
    if (each.piece != piece || each.sent.bytes.size() != right.size())
      continue;
    for (const SentRange& range : each.sent.ranges) {
      const auto begin = range.range.begin - each.from;
      const Bytes wrong = Bytes(each.sent.bytes).subspan(begin, range.range.size());
      if (range.sender && !std::equal(wrong.begin(), wrong.end(),
                                      right.begin() + static_cast<std::ptrdiff_t>(begin)))
        found.insert(*range.sender);
    }
  }
  std::erase_if(kept_, [&](const Kept& each) {
    if (each.piece == piece)
      bytes_ -= each.sent.bytes.size();
    return each.piece == piece;
  });
  return found;
}

} // namespace triad
