// SPDX-License-Identifier: LGPL-2.1-or-later
// The measured modes: idle, join, announce and paced.
#pragma once

#include "connections.h"
#include "latencies.h"
#include "options.h"
#include "process.h"

#include <iosfwd>
#include <string>
#include <vector>

namespace triad::load {

// Peers of `options`, not connected yet, spread evenly over its swarms.
[[nodiscard]] std::vector<Peer> make_peers(const Options& options);
// The info hashes, as written in JSON: the same in every run.
[[nodiscard]] std::vector<std::string> make_swarms(std::uint32_t count);

class Load final : private Listener {
public:
  explicit Load(const Options& options);
  // Runs the mode and writes one JSON object. False: the mode is unknown, or no peer got in.
  bool run(std::ostream& out);

private:
  enum class Phase { connect, join, connect_and_join, steady, over };
  struct Stretch { // one phase, as measured
    double seconds = 0;
    std::uint64_t done = 0;
    double p50 = 0, p99 = 0, most = 0; // milliseconds
    double tracker_cpu = 0;            // share of one core
    double load_busy = 0;              // share of the time in which this side had something to do
  };

  void opened(Peer& peer) override;
  void received(Peer& peer, std::string_view payload) override;
  void lost(Peer& peer, bool pending) override;

  Stretch go_through_peers(Phase phase);
  void steady();
  void begin(Phase phase);
  Stretch measured();
  void next();
  bool announce(Peer& peer, Clock::time_point asked, Event event);
  void spin();
  void settle();

  const Options& options_;
  std::vector<std::string> swarms_;
  std::vector<Peer> peers_;
  Connections connections_;
  FrameWriter writer_;
  Phase phase_ = Phase::connect;
  std::size_t next_ = 0; // peer
  std::size_t in_flight_ = 0;
  Latencies latencies_;
  Clock::time_point began_, now_; // now_: since the last look at the connections
  Usage tracker_then_;
  Clock::duration idle_{};
  std::uint64_t offers_ = 0, failures_ = 0, lost_ = 0, skipped_ = 0;
  std::uint64_t request_bytes_ = 0, reply_bytes_ = 0, relay_bytes_ = 0; // of the last one
};

} // namespace triad::load
