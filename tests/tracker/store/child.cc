// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/store/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace triad::testing {

Child::Child(const std::vector<std::string>& command, std::string_view sign) {
  std::vector<char*> words;
  for (const std::string& each : command)
    words.push_back(const_cast<char*>(each.c_str()));
  words.push_back(nullptr);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("no pipe");
  fcntl(ends[1], F_SETPIPE_SZ, 1024 * 1024);
  output_ = ends[0];
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    execvp(words[0], words.data());
    _exit(127);
  }
  close(ends[1]);
  for (std::string said; line_.empty();) {
    pollfd waiting{output_, POLLIN, 0};
    if (poll(&waiting, 1, 60'000) <= 0)
      throw std::runtime_error(command[0] + " says nothing");
    std::array<char, 4096> buffer{};
    const ssize_t size = read(output_, buffer.data(), buffer.size());
    if (size <= 0)
      return;
    said.append(buffer.data(), static_cast<std::size_t>(size));
    for (std::size_t end; (end = said.find('\n')) != std::string::npos; said.erase(0, end + 1))
      if (line_.empty() && std::string_view(said).substr(0, end).find(sign) != said.npos)
        line_ = said.substr(0, end);
  }
}

Child::~Child() {
  kill();
  close(output_);
}

void Child::kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    wait();
  }
}

int Child::wait() {
  int status = -1;
  if (pid_ > 0)
    waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace triad::testing
