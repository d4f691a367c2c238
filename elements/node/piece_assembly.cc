// SPDX-License-Identifier: LGPL-2.1-or-later
// Bytes to blocks to pieces.
#include "node/piece_assembly.h"

#include <cstring>

namespace triad {

RangeSet PieceAssembly::had_from_the_start(PieceIndex piece) const {
  const ByteRange range = release_.piece_range(piece);
  RangeSet had;
  had.add(range);
  for (const FileSegment& segment : release_.segments(range)) {
    const std::uint64_t begin = range.begin + segment.offset_in_span;
    if (!release_.file(segment.file).pad)
      had.remove({begin, begin + segment.range.size()});
  }
  return had;
}

PieceAssembly::Partial& PieceAssembly::partial(PieceIndex piece) {
  const auto [at, created] = partials_.try_emplace(piece);
  Partial& partial = at->second;
  if (created) {
    partial.sent.bytes.resize(
        release_.piece_range(piece).size()); // what is no file's byte is a zero
    partial.had = had_from_the_start(piece);
  }
  return partial;
}

PieceAssembly::Added PieceAssembly::add(std::uint64_t offset, Bytes bytes,
                                        std::optional<SupplierId> sender,
                                        const std::function<bool(PieceIndex)>& done) {
  Added added;
  while (!bytes.empty()) {
    const PieceIndex piece = release_.piece_at(offset);
    const ByteRange range = release_.piece_range(piece);
    const std::size_t size = std::min<std::uint64_t>(bytes.size(), range.end - offset);
    const ByteRange now{offset, offset + size};
    if (done(piece)) {
      added.wasted += size;
    } else {
      Partial& there = partial(piece);
      added.wasted += there.had.overlap(now);
      // The first bytes stay: later ones may come from someone else.
      for (const ByteRange& gap : there.had.missing(now)) {
        std::memcpy(there.sent.bytes.data() + (gap.begin - range.begin),
                    bytes.data() + (gap.begin - offset), gap.size());
        auto& ranges = there.sent.ranges;
        if (!ranges.empty() && ranges.back().range.end == gap.begin &&
            ranges.back().sender == sender)
          ranges.back().range.end = gap.end;
        else
          ranges.push_back({gap, sender});
      }
      const auto whole_before = [&](BlockIndex block) {
        return there.had.covers(release_.block_range(block));
      };
      std::vector<BlockIndex> candidates;
      const BlockIndex first = release_.first_block(piece);
      const auto from = static_cast<std::uint32_t>((offset - range.begin) / block_size);
      const auto to = static_cast<std::uint32_t>((now.end - 1 - range.begin) / block_size);
      for (std::uint32_t block = from; block <= to; ++block)
        if (!whole_before(first + block))
          candidates.push_back(first + block);
      there.had.add(now);
      for (const BlockIndex block : candidates)
        if (there.had.covers(release_.block_range(block)))
          added.blocks.push_back(block);
      if (!candidates.empty() && there.had.covers(range))
        added.pieces.push_back(piece);
    }
    offset += size;
    bytes = bytes.subspan(size);
  }
  return added;
}

std::vector<ByteRange> PieceAssembly::missing(ByteRange range) const {
  std::vector<ByteRange> gaps;
  while (!range.empty()) {
    const PieceIndex piece = release_.piece_at(range.begin);
    const ByteRange now = intersect(range, release_.piece_range(piece));
    const auto found = partials_.find(piece);
    const auto missing_now = found != partials_.end() ? found->second.had.missing(now)
                                                      : had_from_the_start(piece).missing(now);
    for (const ByteRange& gap : missing_now) {
      if (!gaps.empty() && gaps.back().end == gap.begin)
        gaps.back().end = gap.end;
      else
        gaps.push_back(gap);
    }
    range.begin = now.end;
  }
  return gaps;
}

SentPiece PieceAssembly::take(PieceIndex piece) {
  SentPiece sent = std::move(partials_.at(piece).sent);
  partials_.erase(piece);
  return sent;
}

void PieceAssembly::drop(PieceIndex piece) {
  partials_.erase(piece);
}

} // namespace triad
