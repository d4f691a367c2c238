// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/swarms/remote.h"

#include "tracker/swarms/dial.h"

#include <utility>

namespace triad::tracker {
namespace {

constexpr std::size_t most_kept = 64; // whatever the store sends

} // namespace

std::size_t WaitingOffers::bytes() const {
  std::size_t sum = sizeof *this;
  for (const auto& [id, sdp] : offers)
    sum += sizeof id + sdp.size();
  return sum;
}

void Remote::take(const signal::InfoHash& swarm, const RemoteView& view, Random& random, Time now) {
  seeders = view.seeders;
  leechers = view.leechers;
  downloaded = view.downloaded;
  sample_.clear();
  for (const RemotePeer& peer : view.sample) {
    if (sample_.size() == most_kept)
      break;
    sample_.push_back({peer, dial_bucket(swarm, peer.peer)});
  }
  for (std::size_t i = sample_.size(); i > 1; --i)
    std::swap(sample_[i - 1], sample_[random.below(static_cast<std::uint32_t>(i))]);
  dealt_ = 0;
  passes_ = 0;
  seen = now;
}

} // namespace triad::tracker
