// SPDX-License-Identifier: LGPL-2.1-or-later
// What Swarms is made of.
#pragma once

#include "peers/signal/replies.h"
#include "peers/signal/requests.h"
#include "tracker/swarms/dial.h"
#include "tracker/swarms/exchange.h"
#include "tracker/swarms/random.h"
#include "tracker/swarms/roster.h"
#include "tracker/swarms/swarms.h"
#include "tracker/swarms/views.h"

#include <cstdint>
#include <optional>
#include <string>

namespace triad::tracker {

struct Swarms::State {
  State(SwarmsSettings settings, std::uint64_t seed, Outbox& outbox, Elsewhere* elsewhere);

  void apply(const SwarmsSettings& changed);

  // announce.cc
  void announce(Link from, const signal::AnnounceRequest& request, Permit* permit, Time now);
  // The peer that announces, new or known, on this connection from now on; none: refused.
  [[nodiscard]] Index admit(Link link, const signal::AnnounceRequest& request, Index swarm,
                            Index known, Time now);
  void hand_out(Index peer, const signal::AnnounceRequest& request, Time now);
  void answer(Link from, const signal::AnswerRequest& request);
  void leave(Index peer); // and closes the swarm behind the last
  void refuse(ConnectionId to, const signal::InfoHash& info_hash, const char* reason);

  // counts.cc
  [[nodiscard]] signal::ScrapeEntry counts(const signal::InfoHash& info_hash, Index swarm,
                                           Time now) const;
  // To be sent before the next is made. `swarm`: may be none.
  [[nodiscard]] signal::AnnounceReply& reply(const signal::InfoHash& info_hash, Index swarm,
                                             bool excluded, Time now);
  void scrape(ConnectionId to, const signal::ScrapeRequest& request, Permit* permit, Time now);

  // turn.cc
  [[nodiscard]] Standing standing(bool seeder, const Peer& peer) const;
  void turn(Index swarm, Time now);

  template <typename Message>
  void send(ConnectionId to, const Message& message) {
    frame.clear();
    append(frame, message);
    outbox.send(to, frame);
  }

  SwarmsSettings settings;
  Outbox& outbox;
  Elsewhere* elsewhere;
  Random random;
  HashKey key;
  std::optional<signal::RequestParser> parser;
  Dial dial;
  Roster roster;
  std::optional<Views> views; // where there is an elsewhere
  SwarmsTotals totals;
  Exchange exchange;
  Index rejoined = 0; // how far rejoin_elsewhere() has come
  // Kept, so that a reply allocates nothing.
  std::string frame;
  signal::AnnounceReply included_reply, excluded_reply;
  signal::ScrapeReply scrape_reply;
};

} // namespace triad::tracker
