// SPDX-License-Identifier: LGPL-2.1-or-later
// Starts a process with its output in an unnamed file, and waits for its end.
#include "command.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace triad::test {
namespace {

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (std::string& word : words)
    list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

std::string read_all(int file) {
  std::string text(static_cast<std::size_t>(lseek(file, 0, SEEK_END)), '\0');
  const ssize_t size = pread(file, text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(size < 0 ? 0 : size));
  return text;
}

// False if the process still runs at the end of `limit`.
bool wait_for_end(pid_t pid, std::chrono::milliseconds limit) {
  const int process = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (process < 0)
    throw std::runtime_error("no pidfd");
  pollfd waiting{process, POLLIN, 0};
  int ready = 0;
  do
    ready = poll(&waiting, 1, static_cast<int>(limit.count()));
  while (ready < 0 && errno == EINTR);
  close(process);
  return ready == 1;
}

} // namespace

Command::Command(const std::vector<std::string>& argv, const std::vector<std::string>& environment)
    : output_(memfd_create("output", MFD_CLOEXEC)) {
  std::vector<std::string> words = argv, variables = environment; // the first of a name counts
  for (char** variable = environ; *variable; ++variable)
    variables.emplace_back(*variable);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output_, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output_, STDERR_FILENO);
  const int failed = posix_spawnp(&pid_, words.front().c_str(), &actions, nullptr,
                                  pointers(words).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    close(output_);
    throw std::runtime_error("cannot start " + argv.front());
  }
}

Command::~Command() {
  if (pid_ > 0)
    static_cast<void>(wait(std::chrono::seconds(0)));
  close(output_);
}

Ended Command::wait(std::chrono::seconds limit) {
  Ended ended;
  ended.in_time = wait_for_end(pid_, limit);
  if (!ended.in_time)
    kill(pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  ended.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  ended.output = read_all(output_);
  return ended;
}

Ended run(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
  return Command(argv, environment).wait();
}

std::vector<std::string> plugin_environment() {
  const char* registry = std::getenv("GST_REGISTRY");
  return {std::string("GST_PLUGIN_PATH=") + TRIAD_PLUGIN_FOLDER,
          "GST_REGISTRY=" + std::string(registry ? registry : "triad.registry") + ".plugin"};
}

} // namespace triad::test
