// SPDX-License-Identifier: LGPL-2.1-or-later
// An announce: taken in, answered, its offers handed out; and an answer.
#include "tracker/swarms/claim.h"
#include "tracker/swarms/state.h"

#include <algorithm>
#include <span>

namespace triad::tracker {
namespace {

// `before`: what the peer was. `left` says it; who says nothing stays what it was.
bool seeds(const signal::AnnounceRequest& request, bool before) {
  if (request.event == signal::Event::completed || request.left == 0u)
    return true;
  return before && !request.left;
}

} // namespace

void Swarms::State::announce(Link from, const signal::AnnounceRequest& request, Permit* permit,
                             Time now) {
  ++totals.announces;
  totals.offers_received += request.offers.size();
  const Index swarm = roster.find(request.info_hash);
  const Index known = swarm == none ? none : roster.find(swarm, request.peer_id);
  const bool ours = known != none && roster.peer(known).link == from;
  const bool stops = request.event == signal::Event::stopped;
  if (ours && stops)
    leave(known);
  const std::uint32_t swarms = roster.peers_of(from.connection) + (ours || stops ? 0 : 1);
  if (const char* refusal = permit ? permit->refusal(request.info_hash, swarms) : nullptr) {
    if (ours && !stops)
      leave(known);
    refuse(from.connection, request.info_hash, refusal);
    return;
  }
  if (stops) {
    send(from.connection, reply(request.info_hash, roster.find(request.info_hash), false, now));
    return;
  }
  const Index peer = admit(from, request, swarm, known, now);
  if (peer == none)
    return;
  const Peer& its = roster.peer(peer);
  if (elsewhere)
    elsewhere->joined(request.info_hash, its.id, its.standing == Standing::seeder,
                      settings.peer_lifetime);
  send(from.connection,
       reply(request.info_hash, its.swarm, its.standing == Standing::excluded, now));
  hand_out(peer, request, now);
}

Index Swarms::State::admit(Link link, const signal::AnnounceRequest& request, Index swarm,
                           Index known, Time now) {
  const bool moves = known == none || roster.peer(known).link != link;
  if (moves && roster.peers_of(link.connection) >= settings.swarms_per_connection)
    return refuse(link.connection, request.info_hash, "too many swarms on one connection"), none;
  if (known == none) {
    if (swarm == none) {
      if (roster.swarms() >= settings.swarms)
        return refuse(link.connection, request.info_hash, "too many swarms"), none;
      swarm = roster.open(request.info_hash);
      roster.swarm(swarm).share = dial.share(request.info_hash);
    }
    const Index peer = roster.join(swarm, request.peer_id, link, whole_seconds(now));
    roster.peer(peer).bucket = dial_bucket(request.info_hash, request.peer_id);
    roster.stand(peer, standing(seeds(request, false), roster.peer(peer)));
    return peer;
  }
  Peer& peer = roster.peer(known);
  if (moves) {
    const Seconds silence = whole_seconds(settings.interval * 5 / 4);
    if (!may_claim(peer, link, silence, whole_seconds(now)))
      return refuse(link.connection, request.info_hash, "peer_id is in use"), none;
    note_claim(peer, link);
    roster.move(known, link);
  }
  roster.hear(known, whole_seconds(now));
  const bool seeded = peer.standing == Standing::seeder;
  const bool seeding = seeds(request, seeded);
  if (!seeded && request.event == signal::Event::completed) {
    ++roster.swarm(swarm).downloaded;
    if (elsewhere)
      elsewhere->completed(request.info_hash);
  }
  if (seeding != seeded)
    roster.stand(known, standing(seeding, peer));
  return known;
}

void Swarms::State::hand_out(Index peer, const signal::AnnounceRequest& request, Time now) {
  const Peer& its = roster.peer(peer);
  const auto wanted = std::span(request.offers)
                          .first(std::min<std::size_t>(request.numwant, request.offers.size()));
  Swarm& swarm = roster.swarm(its.swarm);
  if (wanted.empty() || its.standing == Standing::excluded) {
    if (views)
      views->look_for_counts(swarm, now);
    return;
  }
  if (views && views->look_for_peers(swarm, now)) {
    WaitingOffers waiting{its.id, {}};
    for (const signal::Offer& offer : wanted)
      waiting.offers.emplace_back(offer.id, offer.sdp);
    if (views->wait(swarm, std::move(waiting)))
      return;
  }
  exchange.hand_out(peer, wanted, now);
}

void Swarms::State::answer(Link from, const signal::AnswerRequest& request) {
  const Index swarm = roster.find(request.info_hash);
  const Index peer = swarm == none ? none : roster.find(swarm, request.peer_id);
  const bool ours = peer != none && roster.peer(peer).link == from;
  ++(ours && exchange.answer(peer, request) ? totals.answers_relayed : totals.answers_lost);
}

void Swarms::State::leave(Index peer) {
  const Index swarm = roster.peer(peer).swarm;
  if (elsewhere)
    elsewhere->left(roster.swarm(swarm).info_hash, roster.peer(peer).id);
  roster.leave(peer);
  if (roster.swarm(swarm).members.empty()) {
    if (views)
      views->forget(roster.swarm(swarm));
    roster.close(swarm);
  }
}

void Swarms::State::refuse(ConnectionId to, const signal::InfoHash& info_hash, const char* reason) {
  ++totals.refusals;
  send(to, signal::Failure{reason, info_hash});
}

} // namespace triad::tracker
