// SPDX-License-Identifier: LGPL-2.1-or-later
// A set of pieces as a bit field that finds its holes 64 pieces at a time.
#include "schedule/piece_set.h"

#include <bit>

namespace triad {
namespace {

constexpr std::uint32_t word_bits = 64;

std::uint64_t bit_of(PieceIndex piece) {
  return std::uint64_t{1} << (piece.value() % word_bits);
}

} // namespace

PieceSet::PieceSet(std::uint32_t size) : size_(size), words_((size + word_bits - 1) / word_bits) {}

PieceSet::PieceSet(const std::vector<bool>& flags)
    : PieceSet(static_cast<std::uint32_t>(flags.size())) {
  for (std::uint32_t i = 0; i < size_; ++i)
    if (flags[i])
      insert(PieceIndex(i));
}

bool PieceSet::contains(PieceIndex piece) const {
  return piece.value() < size_ && (words_[piece.value() / word_bits] & bit_of(piece)) != 0;
}

void PieceSet::insert(PieceIndex piece) {
  if (piece.value() < size_)
    words_[piece.value() / word_bits] |= bit_of(piece);
}

void PieceSet::erase(PieceIndex piece) {
  if (piece.value() < size_)
    words_[piece.value() / word_bits] &= ~bit_of(piece);
}

PieceIndex PieceSet::next_absent(PieceIndex from, PieceIndex end) const {
  std::uint32_t at = from.value();
  while (at < end.value() && at < size_) {
    const std::uint64_t absent = ~words_[at / word_bits] >> (at % word_bits);
    if (absent != 0) {
      at += static_cast<std::uint32_t>(std::countr_zero(absent));
      break;
    }
    at = (at / word_bits + 1) * word_bits;
  }
  return std::min(PieceIndex(at), end);
}

} // namespace triad
