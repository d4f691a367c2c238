// SPDX-License-Identifier: LGPL-2.1-or-later
// Child processes of a test, forked while the test itself has no threads, and a pipe to each.
#pragma once

#include <functional>
#include <optional>
#include <sys/types.h>

namespace triad::cache_test {

// What a child does; its result is the exit code. It tells and hears single bytes.
class Pipe {
public:
  Pipe(int in, int out) : in_(in), out_(out) {}
  void tell(unsigned char byte) const;
  // Nothing: the other end is gone.
  [[nodiscard]] std::optional<unsigned char> hear() const;

private:
  int in_, out_;
};

class Child {
public:
  explicit Child(const std::function<int(Pipe&)>& body);
  ~Child(); // killed if it still runs
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] Pipe& pipe() { return pipe_; }
  void kill();
  // The exit code; -1 if a signal ended it.
  [[nodiscard]] int wait();

private:
  pid_t pid_ = -1;
  int to_child_ = -1, from_child_ = -1;
  Pipe pipe_{-1, -1};
};

} // namespace triad::cache_test
