// SPDX-License-Identifier: LGPL-2.1-or-later
// A simple node: asks in order, from whoever has least to do.
#include "nodes.h"

#include <algorithm>
#include <utility>

namespace triad::kit {

MemoryStock::MemoryStock(ReleasePtr release, Contents files, bool full)
    : release_(std::move(release)),
      has_(release_->piece_count(), full),
      pieces_(release_->piece_count()) {
  if (full)
    for (std::uint32_t i = 0; i < pieces_.size(); ++i)
      pieces_[i] = piece_content(*release_, files, PieceIndex(i));
}

bool MemoryStock::read(PieceIndex piece, std::uint32_t begin, std::span<std::byte> out) {
  const auto& bytes = pieces_.at(piece.value());
  if (!has_[piece.value()] || begin + out.size() > bytes.size())
    return false;
  std::copy_n(bytes.begin() + begin, out.size(), out.begin());
  if (lies)
    std::ranges::fill(out, std::byte{0x5a});
  read_bytes += out.size();
  return true;
}

void MemoryStock::put(PieceIndex piece, Content bytes) {
  pieces_[piece.value()] = std::move(bytes);
  has_[piece.value()] = true;
}

bool MemoryStock::complete() const {
  return std::ranges::all_of(has_, [](bool had) { return had; });
}

Sha1 hash_of(const Release& release) {
  return release.id();
}

Member::Member(Company& company, ReleasePtr the_release, Contents files, bool full,
               std::vector<std::string> trackers, bool fetches)
    : release(std::move(the_release)),
      stock(std::make_shared<MemoryStock>(release, std::move(files), full)),
      fetches_(fetches) {
  SwarmOptions options;
  options.info_hash = release->id();
  options.v2 = release->info_hash_v2().has_value();
  options.release = release;
  options.trackers = std::move(trackers);
  options.stock = stock;
  swarm = company.join(std::move(options));
  if (fetches_)
    swarm->add(this);
}

Member::~Member() {
  leave();
}

void Member::leave() {
  if (!swarm)
    return;
  if (fetches_)
    swarm->remove(this);
  swarm.reset();
}

void Member::on_peer(PeerNumber peer, const std::vector<bool>& has, std::uint32_t,
                     std::chrono::nanoseconds) {
  ++met;
  auto& pieces = peers[peer];
  for (std::uint32_t i = 0; i < release->piece_count(); ++i)
    if (has.empty() || has[i])
      pieces.insert(i);
  work();
}

void Member::on_has(PeerNumber peer, PieceIndex piece) {
  peers[peer].insert(piece.value());
  work();
}

void Member::on_gone(PeerNumber peer) {
  ++gone;
  peers.erase(peer);
  std::erase_if(asked_, [&](const auto& entry) { return entry.second.peer == peer; });
  work();
}

void Member::on_block(PeerNumber peer, BlockIndex block, Bytes bytes) {
  received += bytes.size();
  asked_.erase(block);
  blocks_[block] = {peer, Content(bytes.begin(), bytes.end())};
  check(release->piece_of(block));
  work();
}

void Member::on_refused(PeerNumber, BlockIndex block) {
  ++refused;
  asked_.erase(block);
}

void Member::check(PieceIndex piece) {
  Content bytes;
  std::set<PeerNumber> from;
  const auto first = release->first_block(piece);
  const auto count = release->block_count(piece);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto found = blocks_.find(first + i);
    if (found == blocks_.end())
      return;
    from.insert(found->second.first);
    bytes.insert(bytes.end(), found->second.second.begin(), found->second.second.end());
  }
  for (std::uint32_t i = 0; i < count; ++i)
    blocks_.erase(first + i);
  if (release->verify(piece, bytes) == Release::Verdict::good) {
    stock->put(piece, std::move(bytes));
    if (swarm)
      swarm->have(piece);
    return;
  }
  ++bad;
  if (bans && from.size() == 1)
    swarm->ban(*from.begin(), "its piece is wrong");
}

void Member::work() {
  if (!asks || !swarm)
    return;
  for (std::uint32_t i = 0; i < release->piece_count() && asked_.size() < at_once; ++i) {
    if (stock->has(PieceIndex(i)))
      continue;
    // A whole piece from one peer, so that a liar is known.
    std::vector<PeerNumber> able;
    for (const auto& [peer, pieces] : peers)
      if (pieces.contains(i))
        able.push_back(peer);
    if (able.empty())
      continue;
    const auto peer = able[i % able.size()];
    const auto first = release->first_block(PieceIndex(i));
    for (std::uint32_t b = 0; b < release->block_count(PieceIndex(i)); ++b)
      if (!asked_.contains(first + b) && !blocks_.contains(first + b)) {
        asked_[first + b] = {peer};
        swarm->request(this, peer, first + b, urgency);
      }
  }
}

} // namespace triad::kit
