// SPDX-License-Identifier: LGPL-2.1-or-later
// What peers say, and what comes of it.
#include "peers/company/giving.h"
#include "peers/company/links.h"
#include "peers/company/swarm.h"

#include <algorithm>
#include <utility>

namespace triad::company {

void SwarmImpl::on_event(Peer& peer, const wire::ConversationEvent& event) {
  std::visit([&](const auto& one) { on(peer, one); }, event);
}

void SwarmImpl::on(Peer& peer, const wire::HandshakeReceived& event) {
  if (event.peer_id == host_.own_id()) {
    end(peer, "it is ourselves");
    return;
  }
  auto& link = peer.link();
  link.wire_id = event.peer_id;
  take_in_uploads(peer);
  update_interest(peer);
}

void SwarmImpl::on(Peer& peer, const wire::PeerFeatures& event) {
  auto& link = peer.link();
  if (!link.triad) {
    link.triad = event.triad;
    host_.on_identified(link);
  }
  if (!peer.over() && !event.triad && is_double(peer))
    end(peer, "there is another link to it");
  if (peer.over())
    return;
  take_in_uploads(peer);
  on_metadata_offered(peer);
  ask_for_layers(peer);
}

// Two links to one WebTorrent peer: our offer and its own were both answered. A Triad node is known
// by its certificate, so that nobody is shut out by who took his peer id.
bool SwarmImpl::is_double(const Peer& peer) const {
  return std::ranges::any_of(peers_, [&](const auto& entry) {
    const auto& other = entry.second->link();
    return entry.second.get() != &peer && other.triad == false &&
           other.wire_id == peer.link().wire_id;
  });
}

void SwarmImpl::take_in_uploads(Peer& peer) {
  if (options_.stock && options_.release && peer.conversation().shaken())
    host_.giving().add(peer, peer.conversation().features().triad, *options_.stock);
}

void SwarmImpl::on(Peer& peer, const wire::AvailabilityChanged& event) {
  update_interest(peer);
  if (!event.piece) {
    look_afresh(peer);
    return;
  }
  for (const auto* fetcher : all_fetchers())
    if (auto* one = find(fetcher); one && one->told.contains(peer.number()) && !peer.over())
      one->fetcher->on_has(peer.number(), *event.piece);
}

// What was asked of it is dropped by the conversation, request by request.
void SwarmImpl::on(Peer&, const wire::ChokedChanged&) {
  sync_soon();
}

void SwarmImpl::on(Peer& peer, const wire::InterestChanged& event) {
  peer.peer_interested = event.interested;
  if (options_.stock)
    host_.giving().interested(peer, event.interested);
}

void SwarmImpl::on(Peer& peer, const wire::BlockReceived& event) {
  peer.received += event.bytes.size();
  received_ += event.bytes.size();
  const auto asked = peer.asked.extract(event.block);
  if (asked.empty())
    return;
  for (const auto* fetcher : asked.mapped())
    if (auto* one = find(fetcher))
      one->fetcher->on_block(peer.number(), event.block, event.bytes);
}

void SwarmImpl::on(Peer& peer, const wire::BytesUnasked& event) {
  received_ += event.bytes;
  peer.received += event.bytes;
}

void SwarmImpl::on(Peer& peer, const wire::RequestDropped& event) {
  const auto asked = peer.asked.extract(event.block);
  if (asked.empty())
    return;
  for (const auto* fetcher : asked.mapped())
    if (auto* one = find(fetcher))
      one->fetcher->on_refused(peer.number(), event.block);
}

void SwarmImpl::on(Peer& peer, const wire::BlockRequested& event) {
  if (options_.stock)
    host_.giving().requested(peer, event.block, event.urgency);
  else
    peer.conversation().reject(event.block);
}

void SwarmImpl::on(Peer& peer, const wire::RequestCancelled& event) {
  if (options_.stock)
    host_.giving().cancelled(peer, event.block);
  else
    peer.conversation().reject(event.block);
}

} // namespace triad::company
