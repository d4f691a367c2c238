// SPDX-License-Identifier: LGPL-2.1-or-later
// A set of pieces as a bit field that finds its holes 64 pieces at a time.
#pragma once

#include "release/units.h"

#include <cstdint>
#include <vector>

namespace triad {

class PieceSet {
public:
  explicit PieceSet(std::uint32_t size = 0);
  explicit PieceSet(const std::vector<bool>& flags);

  [[nodiscard]] bool contains(PieceIndex piece) const;
  void insert(PieceIndex piece); // beyond the size: ignored
  void erase(PieceIndex piece);
  [[nodiscard]] std::uint32_t size() const { return size_; }
  // The first piece of [from, end) that is not in the set; `end` if all are.
  [[nodiscard]] PieceIndex next_absent(PieceIndex from, PieceIndex end) const;

private:
  std::uint32_t size_ = 0;
  std::vector<std::uint64_t> words_;
};

} // namespace triad
