// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/swarms/exchange.h"

#include "peers/signal/replies.h"
#include "tracker/swarms/choice.h"

#include <algorithm>
#include <array>

namespace triad::tracker {
namespace {

template <typename... Ids>
std::uint64_t hash_ids(const HashKey& key, const Ids&... ids) {
  std::array<std::uint8_t, 20 * sizeof...(ids)> bytes;
  auto at = bytes.begin();
  ((at = std::copy(ids.bytes.begin(), ids.bytes.end(), at)), ...);
  return keyed_hash(key, bytes);
}

} // namespace

std::uint32_t Exchange::mark(const signal::OfferId& offer, const signal::PeerId& receiver) const {
  return static_cast<std::uint32_t>(hash_ids(key_, offer, receiver));
}

std::uint64_t Exchange::home_key(const signal::InfoHash& swarm, const signal::PeerId& offerer,
                                 const signal::PeerId& receiver) const {
  return hash_ids(key_, swarm, offerer, receiver);
}

// Who of our own may be handed the peer's offers.
std::uint32_t Exchange::others_of(const Peer& peer) const {
  const Swarm& swarm = roster_.swarm(peer.swarm);
  if (peer.standing == Standing::seeder)
    return swarm.leechers() - swarm.excluded;
  return swarm.size() - swarm.excluded - 1;
}

// About how many of the other trackers' peers may be: of their leechers some are excluded.
Exchange::Theirs Exchange::theirs_for(const Peer& peer, Time now) const {
  const Swarm& swarm = roster_.swarm(peer.swarm);
  if (!elsewhere_ || !Views::usable(swarm, now))
    return {0, 0};
  return {peer.standing == Standing::seeder ? 0 : swarm.remote->seeders,
          static_cast<std::uint32_t>(std::uint64_t{swarm.remote->leechers} * swarm.share / 100)};
}

void Exchange::write_offer(const Peer& from, const signal::Offer& offer) {
  frame_.clear();
  append(frame_,
         signal::RelayedOffer{roster_.swarm(from.swarm).info_hash, from.id, offer.id, offer.sdp});
}

void Exchange::hand_out(Index from, std::span<const signal::Offer> offers, Time now) {
  const Peer& peer = roster_.peer(from);
  if (peer.standing == Standing::excluded || offers.empty())
    return;
  const std::uint32_t ours = others_of(peer);
  const Theirs theirs = theirs_for(peer, now);
  const auto count = static_cast<std::uint32_t>(std::min<std::uint64_t>(
      offers.size(), std::uint64_t{ours} + theirs.seeders + theirs.leechers));
  const std::uint32_t drawn = draw_theirs(random_, ours, theirs.seeders + theirs.leechers, count);
  std::size_t done = 0;
  if (drawn > 0)
    done = hand_to_theirs(from, offers.first(drawn),
                          draw_theirs(random_, theirs.leechers, theirs.seeders, drawn));
  hand_to_ours(from, offers.subspan(done, std::min<std::size_t>(count - done, ours)));
}

void Exchange::hand_out(Index swarm, const std::vector<WaitingOffers>& waited, Time now) {
  std::vector<signal::Offer> offers;
  for (const WaitingOffers& its : waited) {
    const Index from = roster_.find(swarm, its.from);
    if (from == none)
      continue;
    offers.clear();
    for (const auto& [id, sdp] : its.offers)
      offers.push_back({id, sdp});
    hand_out(from, offers, now);
  }
}

void Exchange::hand_to_ours(Index from, std::span<const signal::Offer> offers) {
  Peer& peer = roster_.peer(from);
  const Swarm& swarm = roster_.swarm(peer.swarm);
  chosen_.clear();
  choose(random_, others_of(peer), static_cast<std::uint32_t>(offers.size()), chosen_);
  for (std::size_t i = 0; i < offers.size(); ++i) {
    std::uint32_t place = swarm.excluded + chosen_[i];
    if (place >= peer.place && peer.standing != Standing::seeder)
      ++place; // over the peer itself
    const Peer& receiver = roster_.peer(swarm.members[place]);
    write_offer(peer, offers[i]);
    outbox_.send(receiver.link.connection, frame_);
    peer.handed.add(mark(offers[i].id, receiver.id));
    ++totals_.offers_relayed;
  }
}

// The first `to_seeders` to seeders, the others to leechers. How many found somebody.
std::size_t Exchange::hand_to_theirs(Index from, std::span<const signal::Offer> offers,
                                     std::uint32_t to_seeders) {
  const Peer& peer = roster_.peer(from);
  const Swarm& swarm = roster_.swarm(peer.swarm);
  met_.clear();
  const auto suits = [&](const Pack::Card& card) {
    if (!card.peer.seeder && card.bucket >= swarm.share)
      return false;
    // One that came over to us meanwhile is met as one of ours.
    return roster_.find(peer.swarm, card.peer.peer) == none &&
           std::find(met_.begin(), met_.end(), card.peer.peer) == met_.end();
  };
  for (std::size_t i = 0; i < offers.size(); ++i) {
    Pack& pack = i < to_seeders ? swarm.remote->seeder_pack : swarm.remote->leecher_pack;
    const RemotePeer* receiver = pack.deal(suits);
    if (!receiver)
      continue;
    const signal::Offer& offer = offers[met_.size()];
    met_.push_back(receiver->peer);
    write_offer(peer, offer);
    elsewhere_->deliver(receiver->tracker, swarm.info_hash, receiver->peer, peer.id, frame_);
    ++totals_.offers_relayed;
  }
  return met_.size();
}

bool Exchange::answer(Index from, const signal::AnswerRequest& answer) {
  const Peer& answerer = roster_.peer(from);
  return answerer.standing != Standing::excluded &&
         (answer_to_ours(answerer, answer) || answer_to_theirs(answerer, answer));
}

bool Exchange::answer_to_ours(const Peer& from, const signal::AnswerRequest& answer) {
  const Index to = roster_.find(from.swarm, answer.to_peer_id);
  if (to == none || roster_.peer(to).standing == Standing::excluded ||
      !roster_.peer(to).handed.take(mark(answer.offer_id, from.id)))
    return false;
  write_answer(from, answer);
  outbox_.send(roster_.peer(to).link.connection, frame_);
  return true;
}

// The tracker that has the offerer asks no more: it trusts us.
bool Exchange::answer_to_theirs(const Peer& from, const signal::AnswerRequest& answer) {
  if (!elsewhere_)
    return false;
  const signal::InfoHash& swarm = roster_.swarm(from.swarm).info_hash;
  const auto home = homes_.find(home_key(swarm, answer.to_peer_id, from.id));
  if (!home)
    return false;
  write_answer(from, answer);
  elsewhere_->deliver(*home, swarm, answer.to_peer_id, from.id, frame_);
  return true;
}

void Exchange::write_answer(const Peer& from, const signal::AnswerRequest& answer) {
  frame_.clear();
  append(frame_, signal::RelayedAnswer{roster_.swarm(from.swarm).info_hash, from.id,
                                       answer.offer_id, answer.sdp});
}

void Exchange::delivered(TrackerId home, Index swarm, const signal::PeerId& to,
                         const signal::PeerId& from, std::string_view frame, Time now) {
  const Index index = roster_.find(swarm, to);
  if (index == none || roster_.peer(index).standing == Standing::excluded)
    return;
  homes_.add(home_key(roster_.swarm(swarm).info_hash, from, to), home, whole_seconds(now));
  outbox_.send(roster_.peer(index).link.connection, frame);
}

void Exchange::expire(Time now) {
  homes_.expire(whole_seconds(now));
}

} // namespace triad::tracker
