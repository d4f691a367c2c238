// SPDX-License-Identifier: LGPL-2.1-or-later
// The other tracker processes, as Swarms sees them: a store fills it; alone, there is none.
#pragma once

#include "peers/signal/ids.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace triad::tracker {

using TrackerId = std::uint64_t; // random, one for each run of a tracker process

// A peer that is connected to another tracker.
struct RemotePeer {
  signal::PeerId peer;
  TrackerId tracker;
  bool seeder;
};

// What the store knows of one swarm, without the peers of the tracker that asked.
struct RemoteView {
  std::uint32_t seeders = 0;
  std::uint32_t leechers = 0;
  std::uint32_t downloaded = 0;   // of all trackers, this one too
  std::vector<RemotePeer> sample; // random and fair, some dozens at most
};

// What Swarms asks of the store. None of these waits, calls back or fails: a store that is away
// forgets what it can't keep, and Swarms goes on with what it knows.
class Elsewhere {
public:
  // A peer of ours joined, is still there, or changed sides. It is forgotten after `lifetime`.
  virtual void joined(const signal::InfoHash& swarm, const signal::PeerId& peer, bool seeder,
                      std::chrono::seconds lifetime) = 0;
  virtual void left(const signal::InfoHash& swarm, const signal::PeerId& peer) = 0;
  virtual void completed(const signal::InfoHash& swarm) = 0; // one more download

  // Asks for a view; Swarms::seen_elsewhere() brings it, or nothing does. `own_...`: how many peers
  // of ours have joined by now and did not leave: the store counts all trackers' together.
  virtual void look(const signal::InfoHash& swarm, std::uint32_t own_seeders,
                    std::uint32_t own_leechers) = 0;

  // Hands `frame`, whole and ready to send, to `peer`, which is connected to `tracker`.
  // `from` and `home`: so that the answer finds its way back (Swarms::delivered()).
  virtual void deliver(TrackerId tracker, const signal::InfoHash& swarm, const signal::PeerId& to,
                       const signal::PeerId& from, std::string_view frame) = 0;

protected:
  ~Elsewhere() = default;
};

} // namespace triad::tracker
