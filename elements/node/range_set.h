// SPDX-License-Identifier: LGPL-2.1-or-later
// A set of bytes as ordered, disjoint ranges. Pure; not thread-safe.
#pragma once

#include "release/units.h"

#include <cstdint>
#include <map>
#include <vector>

namespace triad {

class RangeSet {
public:
  void add(ByteRange range);
  void remove(ByteRange range);
  [[nodiscard]] bool covers(ByteRange range) const;                    // an empty range is covered
  [[nodiscard]] std::vector<ByteRange> missing(ByteRange range) const; // in order
  [[nodiscard]] std::uint64_t overlap(ByteRange range) const;          // bytes had of it
  [[nodiscard]] std::uint64_t size() const;                            // bytes had in all
  [[nodiscard]] bool empty() const { return ranges_.empty(); }

private:
  std::map<std::uint64_t, std::uint64_t> ranges_; // begin -> end; neighbours are merged
};

} // namespace triad
