// SPDX-License-Identifier: LGPL-2.1-or-later
// The way of a byte: supplier, assembly, verifier, cache, readers.
#include "node/download.h"

#include "node/release_stock.h"

namespace triad {

// Not what the cache alone believes to have: it may be another process's half-written piece, and
// whoever drops bytes for it has to tell the schedule, which waits for them.
bool Download::settled(PieceIndex piece) const {
  return verified_[piece.value()] || store_.keeps(piece);
}

std::vector<ByteRange> Download::missing(ByteRange range) {
  std::vector<ByteRange> gaps;
  while (!range.empty()) {
    const PieceIndex piece = geometry_->piece_at(range.begin);
    const ByteRange now = intersect(range, geometry_->piece_range(piece));
    if (!settled(piece)) {
      const auto more = assembly_.missing(now);
      gaps.insert(gaps.end(), more.begin(), more.end());
    }
    range.begin = now.end;
  }
  // Neighbours in neighbouring pieces are one range again.
  std::vector<ByteRange> merged;
  for (const ByteRange& gap : gaps) {
    if (!merged.empty() && merged.back().end == gap.begin)
      merged.back().end = gap.end;
    else
      merged.push_back(gap);
  }
  return merged;
}

// --- what suppliers send ---

void Download::on_bytes(FileIndex file, std::uint64_t offset, Bytes bytes, bool early) {
  last_byte_ = Engine::now();
  TrackCounts& counts = counts_[file];
  counts.server += bytes.size();
  const ByteRange range = geometry_->to_release_space(file, {offset, offset + bytes.size()});
  const Bytes inside = bytes.first(std::min<std::uint64_t>(bytes.size(), range.size()));
  feed(BytesArrived{server_id, static_cast<std::uint32_t>(inside.size())});
  const auto added =
      assembly_.add(range.begin, inside, early ? std::nullopt : std::optional(server_id),
                    [this](PieceIndex piece) { return settled(piece); });
  counts.wasted += added.wasted + (bytes.size() - inside.size());
  readers_->on_counts(file);
  for (const BlockIndex block : added.blocks)
    feed(BlockArrived{server_id, block});
  for (const PieceIndex piece : added.pieces)
    on_whole(piece);
}

// Peers send pads and gaps, too: those count for nothing, and are zeros whatever was sent.
void Download::on_block(SupplierId supplier, const std::string& peer, BlockIndex block,
                        Bytes bytes) {
  const ByteRange range = geometry_->block_range(block);
  const auto segments = geometry_->segments(range);
  std::vector<PieceIndex> whole;
  for (const FileSegment& segment : segments) {
    const std::uint64_t size = segment.range.size();
    if (geometry_->file(segment.file).pad || segment.offset_in_span + size > bytes.size())
      continue;
    last_byte_ = Engine::now();
    TrackCounts& counts = counts_[segment.file];
    counts.peers[peer] += size;
    const auto added = assembly_.add(range.begin + segment.offset_in_span,
                                     bytes.subspan(segment.offset_in_span, size), supplier,
                                     [this](PieceIndex piece) { return settled(piece); });
    counts.wasted += added.wasted;
    readers_->on_counts(segment.file);
    whole.insert(whole.end(), added.pieces.begin(), added.pieces.end());
  }
  if (missing(range).empty())
    feed(BlockArrived{supplier, block});
  else // it was too short
    feed(RequestFailed{supplier, block, 1, std::nullopt});
  for (const PieceIndex piece : whole)
    on_whole(piece);
}

// --- pieces ---

void Download::on_whole(PieceIndex piece) {
  SentPiece sent = assembly_.take(piece);
  std::vector<std::byte> right;
  if (bad_.has(piece))
    right = sent.bytes;
  switch (store_.accept(piece, sent)) {
  case PieceStore::Accepted::readable:
    blame(piece, right);
    became_readable(piece);
    limit_wait_for_layers();
    break;
  case PieceStore::Accepted::kept:
    break;
  case PieceStore::Accepted::bad:
    on_bad(piece, std::move(sent));
    break;
  case PieceStore::Accepted::inconsistent:
    fail_as_inconsistent();
    break;
  }
}

// WebTorrent peers can't tell a magnet link's piece layers. Its v1 hashes do, where it has any, so
// that what waits for layers does not fill the memory and is cached and given in the end.
void Download::limit_wait_for_layers() {
  const ReleasePtr known = release();
  if (whole_ && !known->layers_complete() && known->info_hash_v1() &&
      store_.kept_bytes() > most_waiting_for_layers)
    judge(known->v1_alone());
}

void Download::on_bad(PieceIndex piece, SentPiece sent) {
  std::set<std::optional<SupplierId>> senders;
  for (const SentRange& each : sent.ranges)
    senders.insert(each.sender);
  if (senders.size() > 1)
    bad_.keep(piece, geometry_->piece_range(piece).begin, std::move(sent));
  else if (const auto only = *senders.begin(); only)
    supplier(*only).report_bad(*only, piece);
  waste(piece);
  feed(PieceBad{piece});
}

// The piece's right bytes are known now: who had sent others before?
void Download::blame(PieceIndex piece, Bytes right) {
  if (!bad_.has(piece))
    return;
  for (const SupplierId liar : bad_.liars(piece, right))
    supplier(liar).report_bad(liar, piece);
}

void Download::fail_as_inconsistent() {
  fail({ErrorCode::bad_metainfo,
        "The release \"" + geometry_->name() +
            "\" contradicts itself: its v1 and v2 hashes disagree about the same bytes. Its "
            "publisher has to publish it again.",
        {}});
}

void Download::waste(PieceIndex piece) {
  for (const FileSegment& segment : geometry_->segments(geometry_->piece_range(piece)))
    if (!geometry_->file(segment.file).pad)
      counts_[segment.file].wasted += segment.range.size();
}

void Download::became_readable(PieceIndex piece) {
  feed(PieceVerified{piece});
  readers_->on_readable(piece, true);
}

void Download::on_stored(PieceIndex piece) {
  assembly_.drop(piece);
  if (bad_.has(piece)) {
    std::vector<std::byte> right(geometry_->piece_range(piece).size());
    if (read_release(*geometry_, entry_->cache(), geometry_->piece_range(piece).begin, right))
      blame(piece, right);
  }
  became_readable(piece);
}

void Download::on_lost(PieceIndex piece) {
  feed(PieceLost{piece});
  readers_->on_lost(piece);
}

} // namespace triad
