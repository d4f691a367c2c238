// SPDX-License-Identifier: LGPL-2.1-or-later
// The load generator's command line.
#pragma once

#include "connections.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace triad::load {

struct Options {
  std::string mode;            // idle, join, announce, paced, churn
  std::vector<Target> targets; // a peer that is lost goes to the next
  std::uint32_t peers = 5000;
  std::uint32_t swarms = 500;
  unsigned offers = 5;     // in each announce
  unsigned in_flight = 64; // announces that wait for their reply at once
  double seconds = 5;      // of measured load
  double warm_up = 1;      // seconds of load before that
  double rate = 0;         // paced: announces a second, of all peers
  double every = 10;       // churn: seconds between a peer's announces
  double life = 0;         // churn: mean seconds until a peer leaves; 0: it stays
  int pid = 0;             // of the tracker, to read its memory and CPU
  std::uint64_t seed = 1;
};

// nullopt: not understood, and said so on standard error.
[[nodiscard]] std::optional<Options> read_options(int argc, char** argv);

} // namespace triad::load
