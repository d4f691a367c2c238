// SPDX-License-Identifier: LGPL-2.1-or-later
// Files of the cache as pieces for peers.
#include "node/release_stock.h"

#include <algorithm>

namespace triad {

bool read_release(const Release& release, CacheEntry& cache, std::uint64_t offset,
                  std::span<std::byte> out) {
  if (offset > release.size() || out.size() > release.size() - offset)
    return false;
  std::fill(out.begin(), out.end(), std::byte{0});
  for (const FileSegment& segment : release.segments({offset, offset + out.size()})) {
    if (release.file(segment.file).pad)
      continue;
    auto rest = out.subspan(segment.offset_in_span, segment.range.size());
    for (std::uint64_t at = segment.range.begin; !rest.empty();) {
      const std::size_t size = cache.read(segment.file, at, rest);
      if (size == 0)
        return false;
      at += size;
      rest = rest.subspan(size);
    }
  }
  return true;
}

std::vector<bool> ReleaseStock::pieces() const {
  std::vector<bool> had(release_->piece_count());
  for (std::uint32_t i = 0; i < had.size(); ++i)
    had[i] = entry_->gives(PieceIndex(i));
  return had;
}

bool ReleaseStock::read(PieceIndex piece, std::uint32_t begin, std::span<std::byte> out) {
  if (piece.value() >= release_->piece_count() || !entry_->gives(piece))
    return false;
  const ByteRange range = release_->piece_range(piece);
  if (begin > range.size() || out.size() > range.size() - begin)
    return false;
  return read_release(*release_, entry_->cache(), range.begin + begin, out);
}

} // namespace triad
