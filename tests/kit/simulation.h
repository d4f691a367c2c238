// SPDX-License-Identifier: LGPL-2.1-or-later
// One schedule among simulated suppliers and players, in simulated time. A day passes in seconds,
// and the same seed gives the same day.
#pragma once

#include "kit/fake_clock.h"
#include "kit/random.h"
#include "kit/simulation_player.h"
#include "kit/simulation_supplier.h"
#include "release/release.h"
#include "schedule/schedule.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace triad::kit {

// A v1 release that has a shape but no content: its hashes match nothing. Piece length: any
// multiple of 16 KiB.
[[nodiscard]] ReleasePtr shape_release(const std::vector<std::uint64_t>& track_lengths,
                                       std::uint32_t piece_length);

class Simulation : public PlayerHost {
public:
  Simulation(ReleasePtr release, std::uint64_t seed);
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  FakeClock clock;
  Random random;

  SimulatedSupplier& add(const SimulatedSupplier::Spec& spec);
  SimulatedPlayer& add(const SimulatedPlayer::Spec& spec);
  void remove(SimulatedSupplier& supplier); // it leaves
  void remove(SimulatedPlayer& player);
  void tell(const ScheduleEvent& event) override; // and does what the schedule answers
  void run(Time duration) { clock.run_until(clock.now() + duration); }

  [[nodiscard]] const Release& release() const override { return *release_; }
  [[nodiscard]] Schedule& schedule() override { return schedule_; }
  [[nodiscard]] FakeClock& time() override { return clock; }
  [[nodiscard]] bool verified(PieceIndex piece) const override { return verified_[piece.value()]; }
  // As a piece found in the cache.
  void have(PieceIndex piece);

  // Pieces that may be asked for; absent: all.
  std::function<bool(PieceIndex)> allowed;

  // Called by suppliers; `lie`: the bytes are wrong.
  void deliver(SimulatedSupplier& from, BlockIndex block, bool lie);

  struct Totals {
    std::uint64_t bytes_peers = 0, bytes_server = 0; // delivered, wasted ones included
    std::uint64_t bytes_wasted = 0;                  // of blocks that were had already
    std::uint64_t bytes_bad = 0;                     // of pieces that failed
    std::uint64_t requests_server = 0;
    std::uint64_t doubled = 0; // blocks that two were asked for
    // As named: who sent all of a bad piece, and whose blocks differ from the good ones that came
    // later (what a node finds by comparing the bytes).
    std::vector<SupplierId> liars;
  };
  [[nodiscard]] const Totals& totals() const { return totals_; }
  // What a schedule must never do; empty if it did not. Checked at each action.
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  // Of all actions and their times, to compare runs.
  [[nodiscard]] std::uint64_t fingerprint() const { return fingerprint_; }

private:
  void act(const ScheduleAction& action);
  void act_request(const Request& request);
  void check(PieceIndex piece);

  ReleasePtr release_;
  Schedule schedule_;
  std::map<SupplierId, std::unique_ptr<SimulatedSupplier>> suppliers_;
  std::map<ReaderId, std::unique_ptr<SimulatedPlayer>> players_;
  std::uint32_t next_id_ = 1;
  std::vector<bool> verified_;
  struct Arrived {
    bool lie = false;
    SupplierId from;
  };
  std::map<BlockIndex, Arrived> arrived_;              // of pieces not verified: was it a lie
  std::set<std::pair<BlockIndex, SupplierId>> asked_;  // outstanding
  std::map<PieceIndex, std::vector<SupplierId>> lied_; // about pieces that were bad
  std::uint64_t wake_ = 0;
  Totals totals_;
  std::vector<std::string> violations_;
  std::uint64_t fingerprint_ = 0;
};

} // namespace triad::kit
