// SPDX-License-Identifier: LGPL-2.1-or-later
// What a process takes of the machine, from /proc.
#pragma once

namespace triad::load {

struct Usage {
  double cpu_seconds = 0; // user and system, all threads
  double rss_kb = 0;      // resident memory, kB of 1024 bytes
};

// Zeros if there is no such process. `pid` 0: this one.
[[nodiscard]] Usage usage_of(int pid);

} // namespace triad::load
