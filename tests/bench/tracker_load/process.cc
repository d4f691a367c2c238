// SPDX-License-Identifier: LGPL-2.1-or-later
#include "process.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace triad::load {

Usage usage_of(int pid) {
  const std::string folder = "/proc/" + (pid == 0 ? std::string("self") : std::to_string(pid));
  Usage usage;
  std::string text;
  std::getline(std::ifstream(folder + "/stat"), text);
  // Fields from the third on; the second, a name in brackets, may hold blanks.
  std::istringstream stat(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  std::string field;
  double user = 0;
  double system = 0;
  for (int at = 3; at < 14; ++at) {
    stat >> field;
  }
  stat >> user >> system;
  usage.cpu_seconds = (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::ifstream statm(folder + "/statm");
  double pages = 0;
  statm >> pages >> pages;
  usage.rss_kb = pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
  return usage;
}

} // namespace triad::load
