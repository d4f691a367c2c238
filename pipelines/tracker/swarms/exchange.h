// SPDX-License-Identifier: LGPL-2.1-or-later
// Hands offers to other peers of a swarm, and carries their answers back.
#pragma once

#include "peers/signal/requests.h"
#include "tracker/swarms/homes.h"
#include "tracker/swarms/keyed_hash.h"
#include "tracker/swarms/outbox.h"
#include "tracker/swarms/random.h"
#include "tracker/swarms/roster.h"
#include "tracker/swarms/swarms.h"
#include "tracker/swarms/views.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace triad::tracker {

class Exchange {
public:
  struct Parts {
    Roster& roster;
    Random& random;
    Outbox& outbox;
    Elsewhere* elsewhere; // may be null
    SwarmsTotals& totals;
  };

  Exchange(Parts parts, const HashKey& key)
      : roster_(parts.roster),
        random_(parts.random),
        outbox_(parts.outbox),
        elsewhere_(parts.elsewhere),
        totals_(parts.totals),
        key_(key) {}

  // Each to another peer, as far as there are any: a seeder's to leechers, an excluded peer's to
  // nobody.
  void hand_out(Index from, std::span<const signal::Offer> offers, Time now);
  void hand_out(Index swarm, const std::vector<WaitingOffers>& waited, Time now);

  // Carries the answer of `from` to whose offer it answers: false if it was not handed such an
  // offer of late, if it has answered, or if that peer is gone.
  [[nodiscard]] bool answer(Index from, const signal::AnswerRequest& answer);

  // From another tracker.
  void delivered(TrackerId home, Index swarm, const signal::PeerId& to, const signal::PeerId& from,
                 std::string_view frame, Time now);
  void expire(Time now);

private:
  void hand_to_ours(Index from, std::span<const signal::Offer> offers);
  std::size_t hand_to_theirs(Index from, std::span<const signal::Offer> offers,
                             std::uint32_t to_seeders);
  [[nodiscard]] std::uint32_t others_of(const Peer& peer) const;
  struct Theirs {
    std::uint32_t seeders, leechers;
  };
  [[nodiscard]] Theirs theirs_for(const Peer& peer, Time now) const;
  [[nodiscard]] std::uint32_t mark(const signal::OfferId& offer,
                                   const signal::PeerId& receiver) const;
  [[nodiscard]] std::uint64_t home_key(const signal::InfoHash& swarm, const signal::PeerId& offerer,
                                       const signal::PeerId& receiver) const;
  [[nodiscard]] bool answer_to_ours(const Peer& from, const signal::AnswerRequest& answer);
  [[nodiscard]] bool answer_to_theirs(const Peer& from, const signal::AnswerRequest& answer);
  void write_answer(const Peer& from, const signal::AnswerRequest& answer);
  void write_offer(const Peer& from, const signal::Offer& offer);

  Roster& roster_;
  Random& random_;
  Outbox& outbox_;
  Elsewhere* elsewhere_;
  SwarmsTotals& totals_;
  HashKey key_;
  Homes homes_;
  std::string frame_;                 // kept: no allocation for a frame
  std::vector<std::uint32_t> chosen_; // kept, too
  std::vector<signal::PeerId> met_;   // of others, by the offers under way
};

} // namespace triad::tracker
