// SPDX-License-Identifier: LGPL-2.1-or-later
// Walks a file's holes.
#include "cache/data_map.h"

#include <cerrno>
#include <unistd.h>

namespace triad::cache {

std::vector<ByteRange> stored_ranges(int fd, std::uint64_t size) {
  std::vector<ByteRange> ranges;
  std::uint64_t at = 0;
  while (at < size) {
    const off_t begin = lseek(fd, static_cast<off_t>(at), SEEK_DATA);
    if (begin < 0 && errno == ENXIO) // only a hole is left
      return ranges;
    const off_t end = begin < 0 ? -1 : lseek(fd, begin, SEEK_HOLE);
    if (end < 0)
      return {{0, size}};
    const std::uint64_t stop = std::min(static_cast<std::uint64_t>(end), size);
    if (static_cast<std::uint64_t>(begin) < stop)
      ranges.push_back({static_cast<std::uint64_t>(begin), stop});
    at = std::max(at + 1, stop);
  }
  return ranges;
}

bool covers(const std::vector<ByteRange>& ranges, ByteRange range) {
  if (range.empty())
    return true;
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), range.begin,
                       [](std::uint64_t offset, const ByteRange& r) { return offset < r.begin; });
  return after != ranges.begin() && range.end <= std::prev(after)->end;
}

} // namespace triad::cache
