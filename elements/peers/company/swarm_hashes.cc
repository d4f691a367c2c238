// SPDX-License-Identifier: LGPL-2.1-or-later
// Piece layers to and from peers (BEP 52): a magnet link's metadata does not bring them.
#include "peers/company/giving.h"
#include "peers/company/swarm.h"

#include <utility>

namespace triad::company {

namespace {

using namespace std::chrono_literals;

constexpr Time hashes_patience = 15s; // for an answer

} // namespace

void SwarmImpl::expect_layers() {
  layers_.reset();
  if (!options_.release || options_.release->layers_complete() || !options_.release->info_hash_v2())
    return;
  if (auto made = wire::HashExchange::make(options_.release))
    layers_ = std::move(*made);
  for (const auto& [number, peer] : peers_)
    ask_for_layers(*peer);
}

void SwarmImpl::ask_for_layers(Peer& peer) {
  if (!layers_ || layers_->complete() || !peer.conversation().shaken())
    return;
  while (const auto request = layers_->next(wire_id(peer))) {
    if (!peer.hashes_asked)
      peer.hashes_asked = now();
    peer.conversation().request_hashes(*request);
  }
  peer.work_soon();
}

void SwarmImpl::on(Peer& peer, const wire::HashesReceived& event) {
  if (!layers_ || layers_->complete())
    return;
  peer.hashes_asked.reset();
  if (const auto status = layers_->received(wire_id(peer), event.request, event.hashes); !status) {
    end(peer, status.error().message, true);
    return;
  }
  if (layers_->complete())
    learn_layers();
  else
    ask_for_layers(peer);
}

// From now on we give them, too.
void SwarmImpl::learn_layers() {
  if (const auto whole = layers_->release()) {
    options_.release = *whole;
    answers_.reset();
  }
  sync_soon();
}

void SwarmImpl::on(Peer& peer, const wire::HashesRejected& event) {
  if (!layers_ || layers_->complete())
    return;
  peer.hashes_asked.reset();
  layers_->rejected(wire_id(peer), event.request);
  for (const auto& [number, other] : peers_)
    ask_for_layers(*other);
}

void SwarmImpl::layers_gone(Peer& peer) {
  if (!layers_ || layers_->complete())
    return;
  peer.hashes_asked.reset();
  layers_->gone(wire_id(peer));
  for (const auto& [number, other] : peers_)
    if (other.get() != &peer)
      ask_for_layers(*other);
}

void SwarmImpl::layers_tick() {
  for (const auto& [number, peer] : peers_)
    if (peer->hashes_asked && now() - *peer->hashes_asked > hashes_patience)
      layers_gone(*peer);
}

void SwarmImpl::on(Peer& peer, const wire::HashesRequested& event) {
  auto& conversation = peer.conversation();
  if (options_.release && !answers_)
    answers_.emplace(options_.release);
  const auto answer =
      answers_ && host_.giving().may_give() ? answers_->answer(event.request) : std::nullopt;
  if (answer)
    conversation.send_hashes(event.request, *answer);
  else
    conversation.reject_hashes(event.request);
}

} // namespace triad::company
