// SPDX-License-Identifier: LGPL-2.1-or-later
// Who has a peer's id when two connections announce it.
//
// The newest connection wins: a client whose old connection is half open comes back with the same
// id, and must not wait until the old one times out. But peer ids are no secret in a swarm. If the
// connection that lost an id announces it once more, it is alive and the other was no reconnect:
// it gets the id back, and keeps it as long as it goes on announcing; the other is refused.
#pragma once

#include "tracker/swarms/peer.h"

#include <cstdint>

namespace triad::tracker {

// Whether `link` may have the id of `peer` at `now`; both in seconds. `silence`: after so long
// without an announce a holder is taken for dead.
[[nodiscard]] inline bool may_claim(const Peer& peer, Link link, std::uint32_t silence,
                                    std::uint32_t now) {
  return peer.link == link || !peer.held || now - peer.heard > silence;
}

// Notes that `link` takes over the id of `peer`.
inline void note_claim(Peer& peer, Link link) {
  peer.held = peer.before == link;
  peer.before = peer.link;
}

} // namespace triad::tracker
