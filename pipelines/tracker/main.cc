// SPDX-License-Identifier: LGPL-2.1-or-later
// triad-tracker: a WebTorrent tracker, until it is told to stop.
#include "command_line/command_line.h"
#include "tracker/server/load_settings.h"
#include "tracker/server/options.h"
#include "tracker/server/token_command.h"
#include "tracker/server/tracker.h"

#include <glib.h>

#include <sys/resource.h>

#include <csignal>
#include <cstdio>

namespace triad::tracker {
namespace {

// Each connection takes a descriptor, and the usual soft limit is 1024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

// Blocked before any thread starts, so that only wait_for_signal() gets them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    sigaddset(&signals, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int wait_for_signal(const sigset_t& signals) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0 || signal == SIGPIPE) {
  }
  return signal;
}

void reload(Tracker& tracker, const Settings& started, const SettingsLoader& loader) {
  const auto settings = loader.load();
  const Status status = settings ? tracker.reload(*settings) : Status(settings.error());
  if (status) {
    for (const std::string& name : waiting_for_restart(started, *settings)) {
      tool::warn(name + " will change at a restart only");
    }
    std::puts("reloaded");
    std::fflush(stdout);
  } else {
    tool::warn("nothing was reloaded: " + status.error().message);
  }
}

int run(const std::vector<std::string>& words) {
  SettingsLoader loader;
  if (const auto exit_code = loader.parse(words)) {
    return *exit_code;
  }
  const auto settings = loader.load();
  if (!settings) {
    return tool::fail(settings.error().message);
  }
  raise_descriptor_limit();
  const sigset_t signals = block_signals();
  auto tracker = Tracker::start(*settings);
  if (!tracker) {
    return tool::fail(tracker.error().message);
  }
  std::printf("ready %s\n", (*tracker)->url().c_str());
  std::fflush(stdout);
  while (wait_for_signal(signals) == SIGHUP) {
    reload(**tracker, *settings, loader);
  }
  return tool::exit_done;
}

} // namespace
} // namespace triad::tracker

int main(int count, char** words) {
  g_set_prgname("triad-tracker");
  const std::vector<std::string> rest(words + 1, words + count);
  if (!rest.empty() && rest.front() == "token") {
    return triad::tracker::token_command({rest.begin() + 1, rest.end()});
  }
  return triad::tracker::run(rest);
}
