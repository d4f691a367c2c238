// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/swarms/index_table.h"

#include <algorithm>
#include <utility>

namespace triad::tracker {
namespace {

constexpr std::size_t smallest = 16;

} // namespace

void IndexTable::insert(std::uint64_t hash, Index index) {
  if ((size_ + 1) * 4 > slots_.size() * 3)
    resize(std::max(smallest, slots_.size() * 2));
  place({static_cast<std::uint32_t>(hash), index});
  ++size_;
}

void IndexTable::erase(std::uint64_t hash, Index index) {
  std::size_t gap = static_cast<std::uint32_t>(hash) & mask();
  while (slots_[gap].index != index)
    gap = (gap + 1) & mask();
  // Who probed past the gap moves into it, so that no probe ends too early.
  for (std::size_t at = (gap + 1) & mask(); slots_[at].index != none; at = (at + 1) & mask()) {
    const std::size_t home = slots_[at].tag & mask();
    if (((at - home) & mask()) >= ((at - gap) & mask())) {
      slots_[gap] = slots_[at];
      gap = at;
    }
  }
  slots_[gap] = {};
  if (--size_ == 0)
    std::vector<Slot>().swap(slots_);
  else if (slots_.size() > smallest && size_ * 8 < slots_.size())
    resize(slots_.size() / 2);
}

void IndexTable::place(Slot slot) {
  std::size_t at = slot.tag & mask();
  while (slots_[at].index != none)
    at = (at + 1) & mask();
  slots_[at] = slot;
}

void IndexTable::resize(std::size_t capacity) {
  const auto old = std::exchange(slots_, std::vector<Slot>(capacity));
  for (const Slot& slot : old)
    if (slot.index != none)
      place(slot);
}

} // namespace triad::tracker
