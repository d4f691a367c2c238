// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks for ".local" names as links do, and prints each name with its address or "nothing".
#include "peers/link/mdns.h"

#include <glib.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: mdns_query MILLISECONDS NAME...\n", stderr);
    return 2;
  }
  const std::chrono::milliseconds patience(std::atoi(argv[1]));
  GMainLoop* const loop = g_main_loop_new(nullptr, FALSE);
  int waiting = argc - 2;
  {
    triad::MdnsResolver resolver(g_main_context_default());
    for (int i = 2; i < argc; ++i) {
      const std::string name = argv[i];
      resolver.resolve(name, patience, [&, name](const std::optional<std::string>& address) {
        std::printf("%s %s\n", name.c_str(), address ? address->c_str() : "nothing");
        std::fflush(stdout);
        if (--waiting == 0)
          g_main_loop_quit(loop);
      });
    }
    g_main_loop_run(loop);
  }
  g_main_loop_unref(loop);
}
