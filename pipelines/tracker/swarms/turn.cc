// SPDX-License-Identifier: LGPL-2.1-or-later
// What a turn of the dial changes.
#include "tracker/swarms/state.h"

#include <vector>

namespace triad::tracker {

Standing Swarms::State::standing(bool seeder, const Peer& peer) const {
  if (seeder)
    return Standing::seeder;
  return peer.bucket < roster.swarm(peer.swarm).share ? Standing::leecher : Standing::excluded;
}

void Swarms::State::turn(Index index, Time now) {
  Swarm& swarm = roster.swarm(index);
  const std::uint8_t share = dial.share(swarm.info_hash);
  if (share == swarm.share)
    return;
  swarm.share = share;
  // Gathered first: who turns changes places.
  std::vector<Index> turned;
  for (const Index member : swarm.members) {
    const Peer& peer = roster.peer(member);
    if (standing(peer.standing == Standing::seeder, peer) != peer.standing)
      turned.push_back(member);
  }
  for (const Index member : turned) {
    const Peer& peer = roster.peer(member);
    roster.stand(member, standing(false, peer));
    auto& told = reply(swarm.info_hash, index, peer.standing == Standing::excluded, now);
    // Each reply sets a client's clock anew: they must not all announce in one instant after it.
    told.interval -= random.below(told.interval / 2 + 1);
    send(peer.link.connection, told);
  }
}

} // namespace triad::tracker
