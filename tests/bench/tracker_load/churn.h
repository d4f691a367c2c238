// SPDX-License-Identifier: LGPL-2.1-or-later
// Peers that come, announce, answer offers, leave in all ways, and come back when they are lost.
#pragma once

#include "connections.h"
#include "latencies.h"
#include "options.h"

#include <iosfwd>
#include <queue>
#include <random>
#include <string>
#include <vector>

namespace triad::load {

class Churn final : private Listener {
public:
  explicit Churn(const Options& options);
  // Writes one JSON object a line: each second, and the sum at the end with "total" in it.
  void run(std::ostream& out);

private:
  enum class Deed : std::uint8_t { connect, announce, leave };
  struct Plan {
    Clock::time_point when;
    std::uint32_t peer;
    std::uint32_t generation;
    Deed deed;
    bool operator<(const Plan& other) const {
      return when > other.when; // the soonest on top
    }
  };
  struct Client { // what a peer keeps over its connections
    std::size_t target = 0;
    unsigned failures = 0; // one after another
  };
  struct Swarm {
    Clock::time_point replied{};
    std::uint64_t size = 0; // as its last reply said
  };
  struct Counts {
    std::uint64_t announces = 0, replies = 0, offers = 0, answers_sent = 0, answers = 0,
                  failures = 0, lost = 0, left = 0;
  };

  void opened(Peer& peer) override;
  void received(Peer& peer, std::string_view payload) override;
  void lost(Peer& peer, bool pending) override;

  void plan(const Peer& peer, double seconds, Deed deed);
  void carry_out(const Plan& plan);
  void announce(Peer& peer, Event event);
  void leave(Peer& peer);
  void report(std::ostream& out, bool total);
  double random_share();

  const Options& options_;
  std::vector<std::string> swarms_;
  std::vector<Peer> peers_;
  Connections connections_;
  FrameWriter writer_;
  std::mt19937_64 random_;
  std::vector<Client> clients_;
  std::vector<Swarm> seen_;
  std::priority_queue<Plan> plans_;
  Clock::time_point began_;
  Counts counts_;
  Latencies latencies_;
};

} // namespace triad::load
