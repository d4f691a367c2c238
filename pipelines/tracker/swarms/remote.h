// SPDX-License-Identifier: LGPL-2.1-or-later
// What this tracker knows of the peers of one swarm that are connected to other trackers.
#pragma once

#include "tracker/swarms/elsewhere.h"
#include "tracker/swarms/random.h"
#include "tracker/swarms/tracker_time.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace triad::tracker {

// Offers that wait until the others are known.
struct WaitingOffers {
  signal::PeerId from;
  std::vector<std::pair<signal::OfferId, std::string>> offers;
  [[nodiscard]] std::size_t bytes() const;
};

// The sample is dealt like a pack of cards: nobody gets a second offer before all had one.
class Remote {
public:
  // In random order from now on.
  void take(const signal::InfoHash& swarm, const RemoteView& view, Random& random, Time now);

  // Deals one for which `suits(peer, its bucket of the dial)` holds, or nullptr.
  template <typename Suits>
  const RemotePeer* deal(const Suits& suits);
  // All have been dealt: a new view is wanted.
  [[nodiscard]] bool dealt_out() const { return passes_ > 0; }

  std::uint32_t seeders = 0, leechers = 0, downloaded = 0;
  std::optional<Time> seen;  // the view
  std::optional<Time> asked; // for the next
  std::vector<WaitingOffers> waiting;
  Time waiting_until{}; // where any wait

private:
  static constexpr unsigned most_passes = 4; // an old sample must not be flooded

  struct Card {
    RemotePeer peer;
    std::uint8_t bucket;
  };
  std::vector<Card> sample_; // the first `dealt_` of them were dealt
  std::size_t dealt_ = 0;
  unsigned passes_ = 0;
};

template <typename Suits>
const RemotePeer* Remote::deal(const Suits& suits) {
  const auto dealt_end = [&] { return sample_.begin() + static_cast<std::ptrdiff_t>(dealt_); };
  const auto fits = [&](const Card& card) { return suits(card.peer, card.bucket); };
  auto found = std::find_if(dealt_end(), sample_.end(), fits);
  if (found == sample_.end()) {
    found = std::find_if(sample_.begin(), dealt_end(), fits);
    if (found == dealt_end() || passes_ == most_passes)
      return nullptr;
    dealt_ = 0;
    ++passes_;
  }
  std::iter_swap(found, dealt_end());
  return &sample_[dealt_++].peer;
}

} // namespace triad::tracker
