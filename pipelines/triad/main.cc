// SPDX-License-Identifier: LGPL-2.1-or-later
// triad: publishes, serves, plays and inspects releases, and looks after the cache.
#include "command_line/command_line.h"
#include "verbs.h"

#include <algorithm>
#include <array>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string_view>

namespace {

using namespace triad::tool;

struct Verb {
  std::string_view name;
  int (*run)(const Words&);
};
constexpr std::array verbs = {Verb{"publish", publish}, Verb{"serve", serve}, Verb{"play", play},
                              Verb{"inspect", inspect}, Verb{"cache", cache}, Verb{"node", node}};

constexpr char help[] =
    "Usage:\n"
    "  triad VERB [OPTION...] ARGUMENT...\n"
    "\n"
    "Plays music from the nearest place that has it.\n"
    "\n"
    "Verbs:\n"
    "  publish   Write the metainfo of a folder of music, or of one file\n"
    "  serve     Serve folders of music over HTTP, for a house or a trial\n"
    "  play      Play tracks and whole releases, without a gap\n"
    "  inspect   Show what a release holds\n"
    "  cache     List, pin, verify, trim or clear what this machine has\n"
    "  node      Give what this machine has to other listeners\n"
    "\n"
    "Options:\n"
    "  --help    Show this help; 'triad VERB --help' shows a verb's\n"
    "  --version Show the version and exit\n"
    "\n"
    "Exit codes: 0 done, 1 could not do it (the reason is on stderr), 2 wrong usage.\n";

int run(const Words& words) {
  if (words.empty()) {
    std::fputs("triad: say what to do\n\n", stderr);
    std::fputs(help, stderr);
    return exit_usage;
  }
  const std::string& first = words.front();
  if (first == "--help" || first == "-h" || first == "-?") {
    std::fputs(help, stdout);
    return exit_done;
  }
  if (first == "--version") {
    std::puts("triad " TRIAD_VERSION);
    return exit_done;
  }
  const auto verb = std::find_if(verbs.begin(), verbs.end(),
                                 [&](const Verb& each) { return each.name == first; });
  if (verb == verbs.end()) {
    std::fprintf(stderr, "triad: there is no '%s' (see triad --help)\n", first.c_str());
    return exit_usage;
  }
  return verb->run(Words(words.begin() + 1, words.end()));
}

} // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_ALL, "");
  // Numbers are written for programs, too: always with a point.
  std::setlocale(LC_NUMERIC, "C");
  std::signal(SIGPIPE, SIG_IGN);
  g_set_prgname("triad");
  try {
    const int code = run(Words(argv + 1, argv + argc));
    // Output that did not arrive (a full disk, a closed pipe) was not done.
    if (std::fflush(stdout) != 0 && code == exit_done) {
      return fail("could not write to stdout");
    }
    return code;
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}
