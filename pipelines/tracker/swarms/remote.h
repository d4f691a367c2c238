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

// A sample of peers, dealt like a pack of cards: nobody gets a second offer before all had one.
class Pack {
public:
  struct Card {
    RemotePeer peer;
    std::uint8_t bucket; // of the dial
  };

  // In random order from now on.
  void take(std::vector<Card> cards, Random& random);
  // Deals one for which `suits(card)` holds, or nullptr.
  template <typename Suits>
  const RemotePeer* deal(const Suits& suits);
  // All have been dealt: a new sample is wanted.
  [[nodiscard]] bool dealt_out() const { return passes_ > 0; }

private:
  static constexpr unsigned most_passes = 4; // an old sample must not be flooded

  std::vector<Card> cards_; // the first `dealt_` of them were dealt
  std::size_t dealt_ = 0;
  unsigned passes_ = 0;
};

struct Remote {
  void take(const signal::InfoHash& swarm, const RemoteView& view, Random& random, Time now);
  [[nodiscard]] bool dealt_out() const {
    return seeder_pack.dealt_out() || leecher_pack.dealt_out();
  }

  std::uint32_t seeders = 0, leechers = 0, downloaded = 0;
  Pack seeder_pack, leecher_pack; // apart: a view may hold more of one side than its share
  std::optional<Time> seen;       // the view
  std::optional<Time> asked;      // for the next
  std::vector<WaitingOffers> waiting;
  Time waiting_until{}; // where any wait
};

template <typename Suits>
const RemotePeer* Pack::deal(const Suits& suits) {
  const auto dealt_end = [&] { return cards_.begin() + static_cast<std::ptrdiff_t>(dealt_); };
  auto found = std::find_if(dealt_end(), cards_.end(), suits);
  if (found == cards_.end()) {
    found = std::find_if(cards_.begin(), dealt_end(), suits);
    if (found == dealt_end() || passes_ == most_passes)
      return nullptr;
    dealt_ = 0;
    ++passes_;
  }
  std::iter_swap(found, dealt_end());
  return &cards_[dealt_++].peer;
}

} // namespace triad::tracker
