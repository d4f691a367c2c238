// SPDX-License-Identifier: LGPL-2.1-or-later
// Another process, started by a test.
#pragma once

#include <chrono>
#include <string>
#include <sys/types.h>
#include <vector>

namespace triad::test {

struct Ended {
  bool in_time = false; // false: it was killed, as it hung
  int code = -1;        // of its exit; -1 if a signal ended it
  int signal = 0;
  std::string output; // standard output and error
};

class Command {
public:
  // argv[0] is looked up in PATH. `environment` ("NAME=VALUE") is added to this process's own.
  explicit Command(const std::vector<std::string>& argv,
                   const std::vector<std::string>& environment = {});
  ~Command(); // killed if it still runs
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  [[nodiscard]] Ended wait(std::chrono::seconds limit = std::chrono::seconds(60));

private:
  pid_t pid_ = -1;
  int output_ = -1; // a file without a name
};

// Both at once.
[[nodiscard]] Ended run(const std::vector<std::string>& argv,
                        const std::vector<std::string>& environment = {});

// What a process needs to find the built plugin, with a registry of its own.
[[nodiscard]] std::vector<std::string> plugin_environment();

} // namespace triad::test
