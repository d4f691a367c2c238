// SPDX-License-Identifier: LGPL-2.1-or-later
// A peer or a server with a rate, a delay and its faults.
#pragma once

#include "schedule/schedule.h"

#include <deque>
#include <optional>
#include <vector>

namespace triad::kit {

class Simulation;

class SimulatedSupplier {
public:
  struct Spec {
    SupplierKind kind = SupplierKind::peer;
    double rate = 200'000; // bytes per second
    Duration delay = std::chrono::milliseconds(50);
    Duration jitter{0}; // up to this is added to each block's way
    double loss = 0;    // a peer's blocks that never come (a server's request fails instead)
    double lies = 0;    // blocks with wrong bytes
    std::optional<std::vector<bool>> has; // pieces; absent: all
    // Nothing leaves it in between.
    std::optional<Time> silent_from, silent_until;
  };

  SimulatedSupplier(Simulation& simulation, SupplierId id, const Spec& spec);

  [[nodiscard]] SupplierId id() const { return id_; }
  [[nodiscard]] const Spec& spec() const { return spec_; }
  void set_rate(double rate) { spec_.rate = rate; }
  void set_silent(Time from, Time until);
  [[nodiscard]] std::uint64_t sent() const { return sent_; } // bytes
  [[nodiscard]] bool idle() const { return jobs_.empty(); }

  // A server works on its requests in turns, as parallel connections share a line; a peer in order.
  void request(const Request& request);
  void cancel(const Cancel& cancel);
  // Refuses all that it owes, as a server that is gone.
  void fail(std::optional<Time> retry_at);
  void leave() { gone_ = true; }

private:
  struct Job {
    BlockIndex next;
    std::uint32_t left = 0;
    Time ready{0}; // first byte not before
  };
  void work();
  void send(BlockIndex block);
  [[nodiscard]] bool silent() const;

  Simulation& simulation_;
  SupplierId id_;
  Spec spec_;
  std::deque<Job> jobs_;
  bool working_ = false;
  bool gone_ = false;
  std::uint64_t sent_ = 0;
};

} // namespace triad::kit
