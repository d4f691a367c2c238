// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/swarms/swarms.h"

#include "tracker/swarms/state.h"

#include <algorithm>
#include <utility>

namespace triad::tracker {

Swarms::State::State(SwarmsSettings its_settings, std::uint64_t seed, Outbox& its_outbox,
                     Elsewhere* its_elsewhere)
    : outbox(its_outbox),
      elsewhere(its_elsewhere),
      random(seed),
      key{random.next(), random.next()},
      dial(its_settings.peer_share),
      roster(key),
      exchange({roster, random, outbox, elsewhere, totals}, key) {
  if (elsewhere)
    views.emplace(*elsewhere, random);
  apply(its_settings);
}

void Swarms::State::apply(const SwarmsSettings& changed) {
  settings = changed;
  parser.emplace(settings.request);
  dial = Dial(settings.peer_share);
  for (const auto& [release, percent] : settings.peer_shares)
    dial.set(release, percent);
  included_reply.triad.reset();
  if (!settings.stun.empty())
    included_reply.triad = signal::TriadExtension{true, settings.stun};
  excluded_reply.triad = signal::TriadExtension{false, settings.stun};
}

Swarms::Swarms(SwarmsSettings settings, std::uint64_t seed, Outbox& outbox, Elsewhere* elsewhere)
    : state_(std::make_unique<State>(std::move(settings), seed, outbox, elsewhere)) {}

Swarms::~Swarms() = default;

void Swarms::receive(ConnectionId from, std::string_view frame, Permit* permit, Time now) {
  State& state = *state_;
  const Link link = state.roster.link(from);
  const auto request = state.parser->parse(frame);
  if (!request) {
    ++state.totals.failures;
    state.send(from, signal::Failure{request.error().message});
  } else if (const auto* announce = std::get_if<signal::AnnounceRequest>(&*request)) {
    state.announce(link, *announce, permit, now);
  } else if (const auto* answer = std::get_if<signal::AnswerRequest>(&*request)) {
    state.answer(link, *answer);
  } else {
    state.scrape(from, std::get<signal::ScrapeRequest>(*request), permit, now);
  }
}

void Swarms::closed(ConnectionId connection, Time) {
  for (Index peer; (peer = state_->roster.first_of(connection)) != none;)
    state_->leave(peer);
  state_->roster.end(connection);
}

void Swarms::expire(Time now) {
  State& state = *state_;
  for (Index peer; (peer = state.roster.oldest()) != none;) {
    if (now - std::chrono::seconds(state.roster.peer(peer).heard) <= state.settings.peer_lifetime)
      break;
    state.leave(peer);
    ++state.totals.expired;
  }
  if (!state.views)
    return;
  state.exchange.expire(now);
  while (const auto info_hash = state.views->next_due(now))
    if (const Index swarm = state.roster.find(*info_hash); swarm != none)
      state.exchange.hand_out(swarm, state.views->stop_waiting(state.roster.swarm(swarm), now),
                              now);
}

void Swarms::apply(const SwarmsSettings& settings, Time now) {
  state_->apply(settings);
  state_->roster.for_each_swarm([&](Index swarm) { return state_->turn(swarm, now), true; });
}

void Swarms::set_peer_share(const signal::InfoHash& info_hash, std::optional<unsigned> percent,
                            Time now) {
  state_->dial.set(info_hash, percent);
  if (const Index swarm = state_->roster.find(info_hash); swarm != none)
    state_->turn(swarm, now);
}

void Swarms::seen_elsewhere(const signal::InfoHash& info_hash, const RemoteView& view, Time now) {
  if (!state_->views)
    return;
  if (const Index swarm = state_->roster.find(info_hash); swarm != none)
    state_->exchange.hand_out(swarm, state_->views->seen(state_->roster.swarm(swarm), view, now),
                              now);
}

void Swarms::delivered(TrackerId home, const signal::InfoHash& info_hash, const signal::PeerId& to,
                       const signal::PeerId& from, std::string_view frame, Time now) {
  if (const Index swarm = state_->roster.find(info_hash); swarm != none)
    state_->exchange.delivered(home, swarm, to, from, frame, now);
}

bool Swarms::rejoin_elsewhere(std::size_t most, Time now) {
  State& state = *state_;
  while (state.elsewhere) {
    const Index index = state.roster.next_from(state.rejoined);
    if (index == none)
      break;
    if (most-- == 0)
      return true;
    const Peer& peer = state.roster.peer(index);
    const auto silent =
        std::chrono::floor<std::chrono::seconds>(now) - std::chrono::seconds(peer.heard);
    state.elsewhere->joined(
        state.roster.swarm(peer.swarm).info_hash, peer.id, peer.standing == Standing::seeder,
        std::max(state.settings.peer_lifetime - silent, std::chrono::seconds(1)));
    state.rejoined = index + 1;
  }
  state.rejoined = 0;
  return false;
}

const SwarmsTotals& Swarms::totals() const {
  SwarmsTotals& totals = state_->totals;
  const Roster& roster = state_->roster;
  totals.swarms = roster.swarms();
  totals.seeders = roster.seeders();
  totals.leechers = roster.peers() - roster.seeders();
  totals.connections = roster.connections();
  return totals;
}

std::vector<SwarmSummary> Swarms::largest(std::size_t most) const {
  const Roster& roster = state_->roster;
  const auto larger = [&](Index a, Index b) {
    const Swarm &one = roster.swarm(a), &other = roster.swarm(b);
    return one.size() != other.size() ? one.size() > other.size() : one.info_hash < other.info_hash;
  };
  std::vector<Index> heap; // the smallest of them on top
  roster.for_each_swarm([&](Index swarm) {
    if (heap.size() == most) {
      if (most == 0 || !larger(swarm, heap.front()))
        return true;
      std::pop_heap(heap.begin(), heap.end(), larger);
      heap.pop_back();
    }
    heap.push_back(swarm);
    std::push_heap(heap.begin(), heap.end(), larger);
    return true;
  });
  std::sort_heap(heap.begin(), heap.end(), larger);
  std::vector<SwarmSummary> summaries;
  for (const Index index : heap) {
    const Swarm& swarm = roster.swarm(index);
    summaries.push_back(
        {swarm.info_hash, swarm.seeders, swarm.leechers(), swarm.downloaded, swarm.share});
  }
  return summaries;
}

} // namespace triad::tracker
