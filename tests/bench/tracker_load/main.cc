// SPDX-License-Identifier: LGPL-2.1-or-later
// tracker_load: many WebTorrent peers that measure a tracker. JSON on standard output.
#include "churn.h"
#include "load.h"

#include <sys/resource.h>

#include <iostream>

int main(int argc, char** argv) {
  const auto options = triad::load::read_options(argc, argv);
  if (!options) {
    return 2;
  }
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  if (options->mode == "churn") {
    triad::load::Churn(*options).run(std::cout);
    return 0;
  }
  return triad::load::Load(*options).run(std::cout) ? 0 : 1;
}
