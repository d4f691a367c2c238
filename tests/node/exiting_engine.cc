// SPDX-License-Identifier: LGPL-2.1-or-later
// Exits while the engine works: what other libraries destroy at exit must not be in use then.
#include "node/engine.h"
#include "peers/signal/replies.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <iostream>
#include <thread>

namespace {

using namespace std::chrono_literals;

std::atomic<bool> busy = false;

void on_engine(const std::function<void()>& task) {
  std::promise<void> done;
  triad::Engine::get().post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

void read_reply() {
  triad::signal::ReplyParser parser;
  (void)parser.parse("{\"interval\":120}");
}

// Runs when what was made after main() began is gone, and before the engine comes to rest.
void work_on() {
  on_engine(read_reply);
  on_engine([] {
    // Together they take longer than an exit waits for the engine, one by one they don't.
    for (int i = 0; i < 20; ++i)
      triad::Engine::get().post([] {
        busy = true;
        std::this_thread::sleep_for(20ms);
        busy = false;
      });
  });
}

void look() {
  if (!busy)
    return;
  std::cerr << "the engine works on\n";
  _exit(1);
}

} // namespace

int main() {
  std::atexit(look); // goes last
  (void)triad::Engine::get();
  std::atexit(work_on);
  on_engine(read_reply); // makes what reading needs
  return 0;
}
