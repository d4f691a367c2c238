// SPDX-License-Identifier: LGPL-2.1-or-later
// What this process takes of the machine.
#pragma once

#include <cstdint>

namespace triad::tracker {

struct ProcessUsage {
  double cpu = 0;           // seconds, user and system
  std::uint64_t memory = 0; // bytes resident; 0 where /proc can't be read
};

[[nodiscard]] ProcessUsage process_usage();

} // namespace triad::tracker
