// SPDX-License-Identifier: LGPL-2.1-or-later
#include "node/swarm_facts.h"

#include "release/metainfo.h"

namespace triad {

InfoPtr info_of(Bytes metainfo) {
  const Bytes info = info_dictionary(metainfo);
  return std::make_shared<const std::vector<std::byte>>(info.begin(), info.end());
}

std::vector<std::string> trackers_of(const Release& release) {
  std::vector<std::string> all;
  for (const auto& tier : release.trackers())
    all.insert(all.end(), tier.begin(), tier.end());
  return all;
}

SwarmFacts swarm_facts(ReleasePtr release, InfoPtr info, std::shared_ptr<SharedEntry> entry,
                       bool local) {
  SwarmFacts facts;
  facts.info_hash = release->id();
  facts.v2 = release->info_hash_v2().has_value();
  facts.trackers = trackers_of(*release);
  facts.local = local;
  facts.info = std::move(info);
  facts.entry = std::move(entry);
  facts.release = std::move(release);
  return facts;
}

} // namespace triad
