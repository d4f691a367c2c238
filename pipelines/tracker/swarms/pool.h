// SPDX-License-Identifier: LGPL-2.1-or-later
// Records that keep their place, in pieces: growing moves none of them.
#pragma once

#include "tracker/swarms/index_table.h"

#include <memory>
#include <vector>

namespace triad::tracker {

template <typename T>
class Pool {
public:
  // A record as new.
  Index take() {
    if (free_.empty())
      grow();
    const Index index = free_.back();
    free_.pop_back();
    ++size_;
    return index;
  }
  void give(Index index) {
    (*this)[index] = T();
    free_.push_back(index);
    if (--size_ == 0) { // what a crowd took goes back when it has left
      std::vector<std::unique_ptr<T[]>>().swap(pieces_);
      std::vector<Index>().swap(free_);
    }
  }
  T& operator[](Index index) { return pieces_[index / piece][index % piece]; }
  const T& operator[](Index index) const { return pieces_[index / piece][index % piece]; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // All indices are below; those that were given back are as new.
  [[nodiscard]] std::size_t end() const { return pieces_.size() * piece; }

private:
  static constexpr Index piece = 256; // records

  void grow() {
    const auto first = static_cast<Index>(pieces_.size()) * piece;
    pieces_.push_back(std::make_unique<T[]>(piece));
    free_.reserve(pieces_.size() * piece);
    for (Index i = piece; i-- > 0;)
      free_.push_back(first + i);
  }

  std::vector<std::unique_ptr<T[]>> pieces_;
  std::vector<Index> free_;
  std::size_t size_ = 0;
};

} // namespace triad::tracker
