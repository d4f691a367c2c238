// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/wire/requests.h"

#include <algorithm>

namespace triad::wire {

namespace {

constexpr std::size_t remembered = 250; // withdrawn requests

} // namespace

std::uint32_t sent_size(const Release& release, PieceIndex piece) {
  const ByteRange range = release.piece_range(piece);
  if (release.info_hash_v1())
    return static_cast<std::uint32_t>(range.size());
  std::uint64_t end = 0;
  for (const FileSegment& segment : release.segments(range))
    end = std::max(end, segment.offset_in_span + segment.range.size());
  return static_cast<std::uint32_t>(end);
}

BlockRequest request_of(const Release& release, BlockIndex block) {
  const PieceIndex piece = release.piece_of(block);
  const std::uint32_t begin = block.value() % release.blocks_per_piece() * block_size;
  const std::uint32_t size = sent_size(release, piece);
  return {piece.value(), begin, size > begin ? std::min(block_size, size - begin) : 0};
}

void OwnRequests::withdraw(BlockIndex block) {
  ++may_come_;
  withdrawn_.push_back(block);
  if (withdrawn_.size() > remembered)
    withdrawn_.pop_front();
}

void OwnRequests::cancel(BlockIndex block) {
  if (asked_.erase(block) > 0)
    untold_.push_back(block);
}

std::optional<BlockIndex> OwnRequests::cancel_to_tell(std::size_t untold) {
  if (untold_.size() <= untold)
    return std::nullopt;
  const BlockIndex block = untold_.front();
  untold_.pop_front();
  withdraw(block);
  return block;
}

bool OwnRequests::restore(BlockIndex block) {
  if (std::erase(untold_, block) == 0)
    return false;
  asked_.insert(block);
  return true;
}

OwnRequests::Fate OwnRequests::received(BlockIndex block) {
  const auto earlier = std::find(withdrawn_.begin(), withdrawn_.end(), block);
  if (earlier != withdrawn_.end())
    withdrawn_.erase(earlier);
  if (asked_.erase(block) > 0)
    return Fate::asked; // be it the answer to an earlier request: then the other one will be late
  if (std::erase(untold_, block) > 0)
    return Fate::late;
  if (may_come_ == 0)
    return Fate::unasked;
  --may_come_;
  return Fate::late;
}

bool OwnRequests::rejected(BlockIndex block) {
  const auto earlier = std::find(withdrawn_.begin(), withdrawn_.end(), block);
  if (earlier == withdrawn_.end()) {
    std::erase(untold_, block);
    return asked_.erase(block) > 0;
  }
  withdrawn_.erase(earlier);
  if (may_come_ > 0)
    --may_come_;
  return false;
}

std::vector<BlockIndex> OwnRequests::drop_all() {
  const std::vector<BlockIndex> dropped(asked_.begin(), asked_.end());
  asked_.clear();
  for (const BlockIndex block : dropped)
    withdraw(block);
  while (cancel_to_tell(0)) // it is not asked any more either
    ;
  return dropped;
}

PeerRequests::Taken PeerRequests::add(const BlockRequest& block) {
  if (std::find(open_.begin(), open_.end(), Open{block, false}) != open_.end())
    return Taken::again;
  if (open_.size() >= limit_)
    return Taken::full;
  open_.push_back({block, false});
  return Taken::yes;
}

bool PeerRequests::cancel(const BlockRequest& block, bool keep) {
  const auto found = std::find(open_.begin(), open_.end(), Open{block, false});
  if (found == open_.end())
    return false;
  if (keep)
    found->cancelled = true;
  else
    open_.erase(found);
  return true;
}

bool PeerRequests::answered(const BlockRequest& block, bool rejected) {
  // If it was asked, taken back and asked again, a rejection is for the first.
  auto found = std::find(open_.begin(), open_.end(), Open{block, rejected});
  if (found == open_.end())
    found = std::find(open_.begin(), open_.end(), Open{block, !rejected});
  if (found == open_.end())
    return false;
  open_.erase(found);
  return true;
}

} // namespace triad::wire
