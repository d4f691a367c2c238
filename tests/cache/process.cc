// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cache/process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace triad::cache_test {

void Pipe::tell(unsigned char byte) const {
  // A child whose parent is gone has nothing left to do.
  if (write(out_, &byte, 1) != 1)
    _exit(3);
}

std::optional<unsigned char> Pipe::hear() const {
  unsigned char byte = 0;
  ssize_t n = 0;
  do
    n = read(in_, &byte, 1);
  while (n < 0 && errno == EINTR);
  return n == 1 ? std::optional(byte) : std::nullopt;
}

Child::Child(const std::function<int(Pipe&)>& body) {
  std::array<int, 2> down{}, up{};
  if (pipe2(down.data(), O_CLOEXEC) != 0 || pipe2(up.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("no pipe");
  pid_ = fork();
  if (pid_ < 0)
    throw std::runtime_error("no child");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(down[1]);
    close(up[0]);
    Pipe pipe(down[0], up[1]);
    _exit(body(pipe));
  }
  close(down[0]);
  close(up[1]);
  to_child_ = down[1];
  from_child_ = up[0];
  pipe_ = Pipe(from_child_, to_child_);
}

Child::~Child() {
  kill();
  static_cast<void>(wait());
  close(to_child_);
  close(from_child_);
}

void Child::kill() {
  if (pid_ > 0)
    ::kill(pid_, SIGKILL);
}

int Child::wait() {
  if (pid_ <= 0)
    return -1;
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace triad::cache_test
