// SPDX-License-Identifier: LGPL-2.1-or-later
// One peer in one swarm: the tracker's memory is mostly these.
#pragma once

#include "peers/signal/ids.h"
#include "tracker/swarms/index_table.h"
#include "tracker/swarms/outbox.h"

#include <array>
#include <cstdint>
#include <limits>

namespace triad::tracker {

// In the order in which a swarm's members lie: who may be handed an offer lies together.
enum class Standing : std::uint8_t {
  excluded, // a leecher that the operator's dial keeps from the others
  leecher,
  seeder,
};

// The last offers of a peer that were handed out, as marks of (offer, who got it): an answer from
// anyone else goes nowhere. Sixteen are three announces of a stock client, whose offers live 50 s.
class HandedOffers {
public:
  void add(std::uint32_t mark) {
    marks_[next_] = mark | 1;
    next_ = static_cast<std::uint8_t>((next_ + 1) % marks_.size());
  }
  // Whether `mark` was there; it is used up.
  bool take(std::uint32_t mark) {
    for (std::uint32_t& kept : marks_)
      if (kept == (mark | 1))
        return kept = 0, true;
    return false;
  }

private:
  std::array<std::uint32_t, 16> marks_{}; // 0: none
  std::uint8_t next_ = 0;
};

// One life of a connection: the server uses its numbers again.
struct Link {
  ConnectionId connection = std::numeric_limits<ConnectionId>::max();
  std::uint32_t life = 0;
  friend bool operator==(const Link&, const Link&) = default;
};

struct Peer {
  signal::PeerId id;
  Index swarm = none;
  Index place = none; // among the swarm's members
  Link link;
  Link before;                        // who had this peer's id before, see claim.h
  std::uint32_t heard = 0;            // the last announce, in seconds since the tracker's start
  Index older = none, newer = none;   // in the order of `heard`
  Index next = none, previous = none; // of the same connection
  HandedOffers handed;
  std::uint8_t bucket = 0; // see dial.h
  Standing standing = Standing::leecher;
  bool held = false; // see claim.h
};

} // namespace triad::tracker
