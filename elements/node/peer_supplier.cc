// SPDX-License-Identifier: LGPL-2.1-or-later
// Peers come, go, gain pieces, deliver and refuse.
#include "node/peer_supplier.h"

#include "node/engine.h"

namespace triad {

namespace {

using namespace std::chrono_literals;

// Who refuses is left alone for this long, doubled each time until it delivers again.
constexpr Duration first_pause = 250ms;
constexpr unsigned most_doublings = 5;

wire::Urgency on_the_wire(Urgency urgency) {
  switch (urgency) {
  case Urgency::playing:
    return wire::Urgency::playing;
  case Urgency::prefetch:
    return wire::Urgency::prefetch;
  case Urgency::background:
    return wire::Urgency::background;
  }
  return wire::Urgency::playing;
}

} // namespace

PeerSupplier::PeerSupplier(std::shared_ptr<SharedSwarm> swarm, ReleasePtr release, Events events)
    : swarm_(std::move(swarm)),
      release_(std::move(release)),
      events_(std::move(events)),
      next_supplier_(static_cast<std::uint32_t>(server_id) + 1) {
  swarm_->swarm().add(this);
}

PeerSupplier::~PeerSupplier() {
  swarm_->swarm().remove(this);
}

// --- the schedule's wishes ---

void PeerSupplier::request(const Request& request) {
  const auto number = numbers_.find(request.supplier);
  if (number == numbers_.end())
    return; // it has gone, and the schedule is about to hear of it
  for (BlockIndex block = request.first; block < request.first + request.count; ++block)
    if (!events_.missing(release_->block_range(block)).empty())
      swarm_->swarm().request(this, number->second, block, on_the_wire(request.urgency));
}

void PeerSupplier::cancel(const Cancel& cancel) {
  const auto number = numbers_.find(cancel.supplier);
  if (number == numbers_.end())
    return;
  for (BlockIndex block = cancel.first; block < cancel.first + cancel.count; ++block)
    swarm_->swarm().cancel(this, number->second, block);
}

void PeerSupplier::report_bad(SupplierId supplier, PieceIndex piece) {
  const auto number = numbers_.find(supplier);
  if (number != numbers_.end())
    swarm_->swarm().ban(number->second,
                        "it sent wrong bytes of piece " + std::to_string(piece.value()));
}

double PeerSupplier::rate(const Schedule& schedule) const {
  double sum = 0;
  for (const auto& [supplier, number] : numbers_)
    sum += schedule.rate(supplier);
  return sum;
}

// --- what the swarm tells ---

void PeerSupplier::on_peer(PeerNumber number, const std::vector<bool>& has,
                           std::uint32_t max_requests, std::chrono::nanoseconds round_trip) {
  if (peers_.count(number) > 0 || (!has.empty() && has.size() != release_->piece_count()))
    return;
  const SupplierId supplier{next_supplier_++};
  std::string id;
  std::optional<std::uint64_t> identity;
  for (const Swarm::PeerFacts& facts : swarm_->swarm().peers())
    if (facts.number == number) {
      id = facts.id;
      identity = facts.identity;
    }
  peers_.emplace(number, Peer{supplier, std::move(id)});
  met_.insert(number);
  numbers_.emplace(supplier, number);
  SupplierAdded added;
  added.supplier = supplier;
  added.kind = SupplierKind::peer;
  if (!has.empty())
    added.has = has;
  if (round_trip > Duration(0))
    added.delay = round_trip;
  added.max_requests = max_requests;
  added.identity = identity;
  events_.tell(std::move(added));
  events_.hopes_changed();
}

void PeerSupplier::on_has(PeerNumber number, PieceIndex piece) {
  const auto peer = peers_.find(number);
  if (peer != peers_.end() && piece.value() < release_->piece_count())
    events_.tell(SupplierHas{peer->second.supplier, piece});
}

void PeerSupplier::on_gone(PeerNumber number) {
  const auto peer = peers_.find(number);
  if (peer == peers_.end())
    return;
  const SupplierId supplier = peer->second.supplier;
  peers_.erase(peer);
  numbers_.erase(supplier);
  events_.tell(SupplierRemoved{supplier});
  events_.hopes_changed();
}

void PeerSupplier::on_block(PeerNumber number, BlockIndex block, Bytes bytes) {
  const auto peer = peers_.find(number);
  if (peer == peers_.end())
    return;
  peer->second.refusals = 0;
  events_.block(peer->second.supplier, peer->second.id, block, bytes);
}

void PeerSupplier::on_refused(PeerNumber number, BlockIndex block) {
  const auto found = peers_.find(number);
  if (found == peers_.end())
    return;
  Peer& peer = found->second;
  if (const Time now = Engine::now(); now >= peer.paused_until) // else: one of the same bunch
    peer.paused_until = now + first_pause * (1 << std::min(peer.refusals++, most_doublings));
  events_.tell(RequestFailed{peer.supplier, block, 1, peer.paused_until});
}

void PeerSupplier::on_choked(PeerNumber number, bool choked) {
  const auto peer = peers_.find(number);
  if (peer != peers_.end())
    events_.tell(SupplierChoked{peer->second.supplier, choked});
}

void PeerSupplier::on_looking(bool looking) {
  if (looking == looking_)
    return;
  looking_ = looking;
  events_.tell(LookingForPeers{looking});
  events_.hopes_changed();
}

} // namespace triad
