// SPDX-License-Identifier: LGPL-2.1-or-later
// Finds records of a pool by the hash of their names: eight bytes a slot, no record is touched but
// for a hit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace triad::tracker {

// Where a record lies in its pool.
using Index = std::uint32_t;
inline constexpr Index none = std::numeric_limits<Index>::max();

// Open addressing with linear probing, at most three quarters full; shrinks when it empties.
class IndexTable {
public:
  // The record with this hash for which `same(index)` holds, or none.
  template <typename Same>
  [[nodiscard]] Index find(std::uint64_t hash, const Same& same) const {
    if (slots_.empty())
      return none;
    const auto tag = static_cast<std::uint32_t>(hash);
    for (std::size_t at = tag & mask(); slots_[at].index != none; at = (at + 1) & mask())
      if (slots_[at].tag == tag && same(slots_[at].index))
        return slots_[at].index;
    return none;
  }
  // `index` is not in it yet.
  void insert(std::uint64_t hash, Index index);
  // `index` was inserted with this hash.
  void erase(std::uint64_t hash, Index index);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return slots_.size(); }

private:
  struct Slot {
    std::uint32_t tag = 0; // the hash's low bits: also say where the slot would best be
    Index index = none;
  };

  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
  void place(Slot slot);
  void resize(std::size_t capacity);

  std::vector<Slot> slots_; // a power of two of them
  std::size_t size_ = 0;
};

} // namespace triad::tracker
