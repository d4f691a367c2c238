// SPDX-License-Identifier: LGPL-2.1-or-later
// The info dictionary of a magnet link, from the peers (BEP 9).
#include "peers/company/swarm.h"

#include <algorithm>
#include <utility>

namespace triad::company {

namespace {

using namespace std::chrono_literals;

constexpr Time part_patience = 15s; // for an answer

} // namespace

void SwarmImpl::expect_metadata() {
  const auto& v2 = options_.info_hash_v2;
  const bool v2_only =
      v2 && std::ranges::equal(Bytes(*v2).first(options_.info_hash.size()), options_.info_hash);
  metadata_.emplace(v2_only ? std::nullopt : std::optional(options_.info_hash), v2);
}

void SwarmImpl::on_metadata_offered(Peer& peer) {
  const auto& size = peer.conversation().features().metadata_size;
  if (!metadata_ || metadata_->done() || !size)
    return;
  metadata_->offered(wire_id(peer), *size);
  ask_for_metadata(peer);
}

void SwarmImpl::ask_for_metadata(Peer& peer) {
  while (const auto part = metadata_->next(wire_id(peer))) {
    peer.metadata_asked = now();
    peer.conversation().request_metadata(*part);
  }
  peer.work_soon();
}

void SwarmImpl::ask_all_for_metadata() {
  for (const auto& [number, peer] : peers_)
    if (peer->conversation().shaken())
      ask_for_metadata(*peer);
}

void SwarmImpl::on(Peer& peer, const wire::MetadataReceived& event) {
  if (!metadata_ || metadata_->done())
    return;
  peer.metadata_asked.reset();
  if (const auto status = metadata_->received(wire_id(peer), event); !status) {
    end(peer, status.error().message, true);
    return;
  }
  if (metadata_->done())
    sync_soon();
  else
    ask_for_metadata(peer);
}

void SwarmImpl::on(Peer& peer, const wire::MetadataRejected&) {
  metadata_gone(peer);
}

void SwarmImpl::metadata_gone(const Peer& peer) {
  if (!metadata_ || metadata_->done())
    return;
  metadata_->gone(wire_id(peer));
  ask_all_for_metadata();
}

void SwarmImpl::metadata_tick() {
  if (!metadata_ || metadata_->done())
    return;
  for (const auto& [number, peer] : peers_)
    if (peer->metadata_asked && now() - *peer->metadata_asked > part_patience) {
      peer->metadata_asked.reset();
      metadata_gone(*peer);
    }
}

} // namespace triad::company
