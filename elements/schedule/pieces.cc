// SPDX-License-Identifier: LGPL-2.1-or-later
// What is had, asked for and missing of one release, down to blocks.
#include "schedule/pieces.h"

#include <algorithm>

namespace triad {

Pieces::Pieces(ReleasePtr release)
    : release_(std::move(release)),
      verified_(release_->piece_count()),
      settled_(release_->piece_count()) {}

std::uint32_t Pieces::index_in_piece(BlockIndex block) const {
  return block.value() - release_->first_block(release_->piece_of(block)).value();
}

const Pieces::Block* Pieces::find(BlockIndex block) const {
  const auto it = partials_.find(release_->piece_of(block).value());
  if (it == partials_.end())
    return nullptr;
  const std::uint32_t index = index_in_piece(block);
  return index < it->second.blocks.size() ? &it->second.blocks[index] : nullptr;
}

Pieces::Partial& Pieces::open(PieceIndex piece) {
  const auto [it, is_new] = partials_.try_emplace(piece.value());
  Partial& partial = it->second;
  if (!is_new)
    return partial;
  partial.blocks.resize(release_->block_count(piece));
  for (Block& block : partial.blocks)
    block.padding = true;
  for (const FileSegment& segment : release_->segments(release_->piece_range(piece))) {
    if (release_->file(segment.file).pad || segment.range.empty())
      continue;
    const std::uint64_t last = segment.offset_in_span + segment.range.size() - 1;
    for (std::uint64_t i = segment.offset_in_span / block_size; i <= last / block_size; ++i)
      partial.blocks[i].padding = false;
  }
  for (const Block& block : partial.blocks)
    partial.missing += block.padding ? 0 : 1;
  return partial;
}

void Pieces::settle(PieceIndex piece, const Partial& partial) {
  if (partial.missing == 0)
    settled_.insert(piece);
  else
    settled_.erase(piece);
}

bool Pieces::missing(BlockIndex block) const {
  if (verified_.contains(release_->piece_of(block)))
    return false;
  const Block* found = find(block);
  if (found)
    return !found->had && !found->padding && !found->first && !found->again;
  for (const FileSegment& segment : release_->segments(release_->block_range(block)))
    if (!release_->file(segment.file).pad && !segment.range.empty())
      return true;
  return false;
}

std::vector<BlockIndex> Pieces::missing_in(PieceIndex piece) {
  std::vector<BlockIndex> result;
  if (verified_.contains(piece))
    return result;
  const BlockIndex first = release_->first_block(piece);
  const Partial& partial = open(piece);
  result.reserve(partial.missing);
  for (std::uint32_t i = 0; i < partial.blocks.size(); ++i) {
    const Block& block = partial.blocks[i];
    if (!block.had && !block.padding && !block.first && !block.again)
      result.push_back(first + i);
  }
  return result;
}

Pieces::Asked Pieces::asked(BlockIndex block) const {
  const Block* found = find(block);
  if (!found || found->had)
    return {};
  return {found->first, found->again, found->twice};
}

bool Pieces::owes(SupplierId supplier, BlockIndex block) const {
  const Asked who = asked(block);
  return who.first == supplier || who.again == supplier;
}

const Pieces::Retry* Pieces::retry(PieceIndex piece) const {
  const auto it = partials_.find(piece.value());
  return it != partials_.end() && it->second.retry ? &*it->second.retry : nullptr;
}

void Pieces::ask(BlockIndex block, SupplierId supplier) {
  const PieceIndex piece = release_->piece_of(block);
  if (verified_.contains(piece))
    return;
  Partial& partial = open(piece);
  Block& entry = partial.blocks[index_in_piece(block)];
  if (entry.had || entry.first == supplier || entry.again == supplier)
    return;
  if (!entry.first && !entry.again && !entry.padding)
    --partial.missing;
  if (!entry.first) {
    entry.first = supplier;
  } else {
    entry.again = supplier;
    entry.twice = true;
  }
  if (partial.retry && !partial.retry->only)
    partial.retry->only = supplier;
  settle(piece, partial);
}

bool Pieces::give_back(BlockIndex block, SupplierId supplier) {
  const PieceIndex piece = release_->piece_of(block);
  const auto it = partials_.find(piece.value());
  if (it == partials_.end())
    return false;
  Block& entry = it->second.blocks[index_in_piece(block)];
  if (entry.first == supplier)
    entry.first.reset();
  else if (entry.again == supplier)
    entry.again.reset();
  else
    return false;
  if (!entry.had && !entry.first && !entry.again && !entry.padding)
    ++it->second.missing;
  settle(piece, it->second);
  return true;
}

Pieces::Arrival Pieces::arrive(BlockIndex block, SupplierId supplier) {
  const PieceIndex piece = release_->piece_of(block);
  if (verified_.contains(piece))
    return {};
  Partial& partial = open(piece);
  Block& entry = partial.blocks[index_in_piece(block)];
  const bool was_missing = !entry.had && !entry.first && !entry.again && !entry.padding;
  const bool wrong_sender = partial.retry && partial.retry->only && partial.retry->only != supplier;
  Arrival arrival;
  if (entry.first == supplier)
    entry.first.reset();
  else if (entry.again == supplier)
    entry.again.reset();
  if (!wrong_sender && !entry.had) {
    arrival.fresh = true;
    arrival.second = entry.first ? entry.first : entry.again;
    entry.had = true;
    entry.sender = supplier;
    entry.first.reset();
    entry.again.reset();
    if (was_missing)
      --partial.missing;
    if (partial.retry)
      partial.retry->only = supplier;
  } else if (!was_missing && !entry.had && !entry.first && !entry.again && !entry.padding) {
    ++partial.missing;
  }
  settle(piece, partial);
  return arrival;
}

std::vector<Pieces::Pending> Pieces::pending(PieceIndex piece, const Partial& partial) const {
  std::vector<Pending> result;
  const BlockIndex first = release_->first_block(piece);
  for (std::uint32_t i = 0; i < partial.blocks.size(); ++i) {
    for (const auto& who : {partial.blocks[i].first, partial.blocks[i].again})
      if (who)
        result.push_back({first + i, *who});
  }
  return result;
}

std::vector<Pieces::Pending> Pieces::verify(PieceIndex piece) {
  verified_.insert(piece);
  settled_.insert(piece);
  std::vector<Pending> left;
  const auto it = partials_.find(piece.value());
  if (it != partials_.end()) {
    left = pending(piece, it->second);
    if (it->second.retry)
      std::erase(retries_, piece);
    partials_.erase(it);
  }
  return left;
}

std::vector<Pieces::Pending> Pieces::reject(PieceIndex piece) {
  std::vector<Pending> left;
  std::vector<SupplierId> senders;
  const auto it = partials_.find(piece.value());
  if (it != partials_.end()) {
    left = pending(piece, it->second);
    for (const Block& block : it->second.blocks)
      if (block.sender)
        senders.push_back(*block.sender);
    std::sort(senders.begin(), senders.end());
    senders.erase(std::unique(senders.begin(), senders.end()), senders.end());
    if (it->second.retry)
      std::erase(retries_, piece);
    partials_.erase(it);
  }
  verified_.erase(piece);
  Partial& partial = open(piece);
  partial.retry = Retry{std::nullopt, std::move(senders)};
  retries_.push_back(piece);
  settle(piece, partial);
  return left;
}

void Pieces::lose(PieceIndex piece) {
  verified_.erase(piece);
  const auto it = partials_.find(piece.value());
  if (it == partials_.end())
    settled_.erase(piece);
}

void Pieces::restart_retry(PieceIndex piece) {
  Partial& partial = partials_.at(piece.value());
  Retry& retry = *partial.retry;
  if (retry.only && !std::binary_search(retry.senders.begin(), retry.senders.end(), *retry.only))
    retry.senders.insert(std::lower_bound(retry.senders.begin(), retry.senders.end(), *retry.only),
                         *retry.only);
  retry.only.reset();
  partial.missing = 0;
  for (Block& block : partial.blocks) {
    block.had = false;
    block.sender.reset();
    partial.missing += block.padding || block.first || block.again ? 0 : 1;
  }
  settle(piece, partial);
}

std::vector<PieceIndex> Pieces::retries_of(SupplierId only) const {
  std::vector<PieceIndex> found;
  for (const PieceIndex piece : retries_)
    if (partials_.at(piece.value()).retry->only == only)
      found.push_back(piece);
  return found;
}

void Pieces::restart_retries(SupplierId gone) {
  for (const PieceIndex piece : retries_)
    if (partials_.at(piece.value()).retry->only == gone)
      restart_retry(piece);
}

} // namespace triad
