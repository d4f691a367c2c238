// SPDX-License-Identifier: LGPL-2.1-or-later
// Who shares one release, as this tracker knows it.
#pragma once

#include "peers/signal/ids.h"
#include "tracker/swarms/peer.h"
#include "tracker/swarms/remote.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace triad::tracker {

struct Swarm {
  signal::InfoHash info_hash;
  std::vector<Index> members;     // the excluded, then the other leechers, then the seeders
  std::uint32_t excluded = 0;     // of the members
  std::uint32_t seeders = 0;      // of the members
  std::uint32_t downloaded = 0;   // since the swarm has members
  std::uint8_t share = 100;       // percent that the dial leaves
  std::unique_ptr<Remote> remote; // null until the store was asked

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(members.size()); }
  [[nodiscard]] std::uint32_t leechers() const { return size() - seeders; }
};

} // namespace triad::tracker
