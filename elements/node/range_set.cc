// SPDX-License-Identifier: LGPL-2.1-or-later
// Set arithmetic on byte ranges.
#include "node/range_set.h"

namespace triad {

void RangeSet::add(ByteRange range) {
  if (range.empty())
    return;
  auto next = ranges_.upper_bound(range.begin);
  if (next != ranges_.begin()) {
    const auto before = std::prev(next);
    if (before->second >= range.begin) {
      range.begin = before->first;
      range.end = std::max(range.end, before->second);
      next = ranges_.erase(before);
    }
  }
  while (next != ranges_.end() && next->first <= range.end) {
    range.end = std::max(range.end, next->second);
    next = ranges_.erase(next);
  }
  ranges_.emplace_hint(next, range.begin, range.end);
}

void RangeSet::remove(ByteRange range) {
  if (range.empty())
    return;
  auto at = ranges_.upper_bound(range.begin);
  if (at != ranges_.begin())
    --at;
  while (at != ranges_.end() && at->first < range.end) {
    const ByteRange held{at->first, at->second};
    if (held.end <= range.begin) {
      ++at;
      continue;
    }
    at = ranges_.erase(at);
    if (held.begin < range.begin)
      ranges_.emplace(held.begin, range.begin);
    if (held.end > range.end)
      at = ranges_.emplace(range.end, held.end).first;
  }
}

bool RangeSet::covers(ByteRange range) const {
  if (range.empty())
    return true;
  const auto next = ranges_.upper_bound(range.begin);
  return next != ranges_.begin() && std::prev(next)->second >= range.end;
}

std::vector<ByteRange> RangeSet::missing(ByteRange range) const {
  std::vector<ByteRange> gaps;
  auto at = ranges_.upper_bound(range.begin);
  if (at != ranges_.begin())
    --at;
  std::uint64_t from = range.begin;
  for (; at != ranges_.end() && at->first < range.end; ++at) {
    if (at->second <= from)
      continue;
    if (at->first > from)
      gaps.push_back({from, at->first});
    from = at->second;
  }
  if (from < range.end)
    gaps.push_back({from, range.end});
  return gaps;
}

std::uint64_t RangeSet::overlap(ByteRange range) const {
  if (range.empty())
    return 0;
  std::uint64_t bytes = range.size();
  for (const ByteRange& gap : missing(range))
    bytes -= gap.size();
  return bytes;
}

std::uint64_t RangeSet::size() const {
  std::uint64_t bytes = 0;
  for (const auto& [begin, end] : ranges_)
    bytes += end - begin;
  return bytes;
}

} // namespace triad
