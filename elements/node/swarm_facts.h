// SPDX-License-Identifier: LGPL-2.1-or-later
// What a swarm is joined with. Any thread.
#pragma once

#include "node/shared_entry.h"
#include "release/release.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace triad {

// The info dictionary as it stands in the metainfo, which peers may ask for; may be null.
using InfoPtr = std::shared_ptr<const std::vector<std::byte>>;
[[nodiscard]] InfoPtr info_of(Bytes metainfo);

// Of all tiers, in their order.
[[nodiscard]] std::vector<std::string> trackers_of(const Release& release);

struct SwarmFacts {
  ReleasePtr release;                 // null: a magnet link whose metainfo is wanted
  Sha1 info_hash{};                   // v1, or the first 20 bytes of v2's
  bool v2 = false;                    // has v2 hashes
  std::optional<Sha256> info_hash_v2; // that a magnet link names
  std::vector<std::string> trackers;  // the metainfo's and the magnet link's
  bool local = false;                 // they may be at private addresses
  InfoPtr info;
  std::shared_ptr<SharedEntry> entry; // with `release`
};
// Of a release that is known, with its own trackers.
[[nodiscard]] SwarmFacts swarm_facts(ReleasePtr release, InfoPtr info,
                                     std::shared_ptr<SharedEntry> entry, bool local);

} // namespace triad
