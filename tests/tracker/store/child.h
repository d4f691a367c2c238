// SPDX-License-Identifier: LGPL-2.1-or-later
// A server as a child process: awaited by its own word, ended by its own id.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace triad::testing {

class Child {
public:
  // Waits until it prints a line with `sign`, or ends. A minute without either throws.
  Child(const std::vector<std::string>& command, std::string_view sign);
  ~Child(); // kills it
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The line with the sign; empty: it ended before.
  [[nodiscard]] const std::string& line() const { return line_; }
  void kill(); // -9, and waits
  int wait();  // for its end; the exit code

private:
  pid_t pid_ = -1;
  int output_ = -1; // not read any more once the sign came: what follows fits the pipe
  std::string line_;
};

} // namespace triad::testing
