// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/process_usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace triad::tracker {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

} // namespace

ProcessUsage process_usage() {
  ProcessUsage usage;
  rusage resources{};
  if (getrusage(RUSAGE_SELF, &resources) == 0) {
    usage.cpu = seconds(resources.ru_utime) + seconds(resources.ru_stime);
  }
  std::uint64_t all = 0;
  std::uint64_t resident = 0; // pages
  if (std::ifstream("/proc/self/statm") >> all >> resident) {
    usage.memory = resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  }
  return usage;
}

} // namespace triad::tracker
