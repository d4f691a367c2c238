// SPDX-License-Identifier: LGPL-2.1-or-later
// When the store is asked about a swarm, and which offers wait for what it says.
#pragma once

#include "tracker/swarms/elsewhere.h"
#include "tracker/swarms/random.h"
#include "tracker/swarms/swarm.h"
#include "tracker/swarms/tracker_time.h"

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

namespace triad::tracker {

class Views {
public:
  Views(Elsewhere& elsewhere, Random& random) : elsewhere_(elsewhere), random_(random) {}

  // A member has offers to hand out. True: a view is worth waiting for.
  [[nodiscard]] bool look_for_peers(Swarm& swarm, Time now);
  // Only the counts are wanted.
  void look_for_counts(Swarm& swarm, Time now);

  // False: too much is waiting already; hand them out.
  [[nodiscard]] bool wait(Swarm& swarm, WaitingOffers&& offers);
  // Brings a view; what waited for it is to be handed out now.
  [[nodiscard]] std::vector<WaitingOffers> seen(Swarm& swarm, const RemoteView& view, Time now);
  // A swarm whose offers may have waited long enough; call until nullopt.
  [[nodiscard]] std::optional<signal::InfoHash> next_due(Time now);
  [[nodiscard]] std::vector<WaitingOffers> stop_waiting(Swarm& swarm, Time now);
  // Before the swarm closes.
  void forget(Swarm& swarm);

  // Whether a view is young enough that its peers may be offered something.
  [[nodiscard]] static bool usable(const Swarm& swarm, Time now);

private:
  struct Due {
    signal::InfoHash swarm;
    Time at;
  };

  void look(Swarm& swarm, Time now);
  std::vector<WaitingOffers> release(Swarm& swarm);

  Elsewhere& elsewhere_;
  Random& random_;
  std::deque<Due> due_; // in order: all wait equally long
  std::size_t waiting_bytes_ = 0;
  bool silent_ = false; // somebody waited in vain, and no view has come since
};

} // namespace triad::tracker
