// SPDX-License-Identifier: LGPL-2.1-or-later
// Judges pieces and keeps them where readers find them.
#include "node/piece_store.h"

#include <cstring>

namespace triad {

PieceStore::PieceStore(ReleasePtr release, std::shared_ptr<SharedEntry> entry,
                       const SharedEntry::Listener* owner)
    : entry_(std::move(entry)), owner_(owner), release_(std::move(release)) {}

PieceStore::Accepted PieceStore::accept(PieceIndex piece, SentPiece& sent) {
  const ReleasePtr known = release();
  switch (known->verify(piece, sent.bytes)) {
  case Release::Verdict::good: {
    mark_fresh(sent.ranges);
    entry_->store(piece, sent.bytes, owner_);
    const std::lock_guard lock(mutex_);
    if (distrusted_.count(piece) > 0)
      kept_[piece] = {std::move(sent), true};
    return Accepted::readable;
  }
  case Release::Verdict::provisional: {
    mark_fresh(sent.ranges);
    const std::lock_guard lock(mutex_);
    kept_[piece] = {std::move(sent), true};
    return Accepted::readable;
  }
  case Release::Verdict::unknown: {
    const std::lock_guard lock(mutex_);
    kept_[piece] = {std::move(sent), false};
    return Accepted::kept;
  }
  case Release::Verdict::bad:
    return Accepted::bad;
  case Release::Verdict::inconsistent:
    return Accepted::inconsistent;
  }
  return Accepted::bad;
}

PieceStore::Judged PieceStore::set_release(ReleasePtr release) {
  Judged judged;
  std::map<PieceIndex, Kept> kept;
  {
    const std::lock_guard lock(mutex_);
    release_ = release;
    kept = kept_; // readers go on reading the originals until the cache has them
  }
  entry_->cache().set_release(release);
  for (auto& [piece, held] : kept) {
    switch (release->verify(piece, held.sent.bytes)) {
    case Release::Verdict::good:
      if (!held.readable) {
        mark_fresh(held.sent.ranges);
        judged.readable.push_back(piece);
      }
      entry_->store(piece, held.sent.bytes, owner_);
      break;
    case Release::Verdict::inconsistent:
      judged.inconsistent = true;
      break;
    case Release::Verdict::bad:
      judged.bad.emplace_back(piece, std::move(held.sent));
      break;
    case Release::Verdict::provisional:
    case Release::Verdict::unknown:
      continue; // a magnet link's metadata may never bring the layers: it stays in memory
    }
    const std::lock_guard lock(mutex_);
    kept_.erase(piece);
  }
  return judged;
}

ReleasePtr PieceStore::release() const {
  const std::lock_guard lock(mutex_);
  return release_;
}

bool PieceStore::has(PieceIndex piece) const {
  {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(piece);
    if (found != kept_.end())
      return found->second.readable;
    if (distrusted_.count(piece) > 0)
      return false;
  }
  return cache().has(piece);
}

bool PieceStore::keeps(PieceIndex piece) const {
  const std::lock_guard lock(mutex_);
  return kept_.count(piece) > 0;
}

std::uint64_t PieceStore::kept_bytes() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t bytes = 0;
  for (const auto& [piece, held] : kept_)
    bytes += held.sent.bytes.size();
  return bytes;
}

void PieceStore::distrust(PieceIndex piece) {
  const std::lock_guard lock(mutex_);
  distrusted_.insert(piece);
}

std::size_t PieceStore::read(FileIndex file, std::uint64_t offset, std::span<std::byte> out) {
  if (const std::size_t size = cache().read(file, offset, out); size > 0)
    return size;
  const std::lock_guard lock(mutex_);
  if (kept_.empty())
    return 0;
  const std::uint64_t end = std::min(offset + out.size(), release_->file(file).length);
  if (offset >= end)
    return 0;
  const ByteRange wanted = release_->to_release_space(file, {offset, end});
  const PieceIndex piece = release_->piece_at(wanted.begin);
  const auto found = kept_.find(piece);
  if (found == kept_.end() || !found->second.readable)
    return 0;
  const ByteRange range = release_->piece_range(piece);
  const ByteRange there = intersect(wanted, range);
  std::memcpy(out.data(), found->second.sent.bytes.data() + (there.begin - range.begin),
              there.size());
  return there.size();
}

void PieceStore::mark_fresh(const std::vector<SentRange>& ranges) {
  const std::lock_guard lock(mutex_);
  for (const SentRange& each : ranges)
    for (const FileSegment& segment : release_->segments(each.range)) {
      FreshRanges& fresh = fresh_[segment.file];
      const bool from_peer = each.sender && *each.sender != server_id;
      (from_peer ? fresh.peers : fresh.server).add(segment.range);
      (from_peer ? fresh.server : fresh.peers).remove(segment.range); // it came again
    }
}

PieceStore::Fresh PieceStore::take_fresh(FileIndex file, ByteRange range) {
  const std::lock_guard lock(mutex_);
  const auto found = fresh_.find(file);
  if (found == fresh_.end())
    return {};
  FreshRanges& ranges = found->second;
  const Fresh fresh{ranges.server.overlap(range), ranges.peers.overlap(range)};
  ranges.server.remove(range);
  ranges.peers.remove(range);
  return fresh;
}

} // namespace triad
