// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/swarms/remote.h"

#include "tracker/swarms/dial.h"

#include <utility>

namespace triad::tracker {
namespace {

constexpr std::size_t most_kept = 64; // of each side, whatever the store sends

} // namespace

std::size_t WaitingOffers::bytes() const {
  std::size_t sum = sizeof *this;
  for (const auto& [id, sdp] : offers)
    sum += sizeof id + sdp.size();
  return sum;
}

void Pack::take(std::vector<Card> cards, Random& random) {
  cards_ = std::move(cards);
  for (std::size_t i = cards_.size(); i > 1; --i)
    std::swap(cards_[i - 1], cards_[random.below(static_cast<std::uint32_t>(i))]);
  dealt_ = 0;
  passes_ = 0;
}

void Remote::take(const signal::InfoHash& swarm, const RemoteView& view, Random& random, Time now) {
  seeders = view.seeders;
  leechers = view.leechers;
  downloaded = view.downloaded;
  std::vector<Pack::Card> seeding, leeching;
  for (const RemotePeer& peer : view.sample) {
    std::vector<Pack::Card>& side = peer.seeder ? seeding : leeching;
    if (side.size() < most_kept)
      side.push_back({peer, dial_bucket(swarm, peer.peer)});
  }
  seeder_pack.take(std::move(seeding), random);
  leecher_pack.take(std::move(leeching), random);
  seen = now;
}

} // namespace triad::tracker
