// SPDX-License-Identifier: LGPL-2.1-or-later
// The one network thread of a process: a GMainContext, a queue of tasks, and timers.
//
// Starts with the first task and stops a while after its last user is gone. The process may exit at
// any instant: get() is never destroyed, and at exit the thread is parked between two tasks.
#pragma once

#include "peers/company/context.h"

#include <glib.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace triad {

class Engine {
public:
  using Duration = std::chrono::nanoseconds;

  // The process's engine; any thread.
  static Engine& get();

  // `idle`: how long after the last Use the thread stops.
  explicit Engine(Duration idle);
  ~Engine(); // runs what was posted, then stops; not from the engine's own thread
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Keeps the thread from stopping. Movable; released by destruction, from any thread.
  class Use {
  public:
    Use() = default;
    explicit Use(Engine& engine);
    Use(Use&& other) noexcept : engine_(std::exchange(other.engine_, nullptr)) {}
    Use& operator=(Use&& other) noexcept {
      std::swap(engine_, other.engine_);
      return *this;
    }
    ~Use();

  private:
    Engine* engine_ = nullptr;
  };

  // Runs `task` on the engine's thread, after all that were posted before. Any thread.
  void post(std::function<void()> task);

  // Called on the engine's thread just before it stops, to let go of what lingers. Any thread; kept
  // for the engine's life.
  void before_stop(std::function<void()> hook);
  // After the hooks: true while what they ended still needs the thread, which then stays; but no
  // longer than 5 s. As before_stop().
  void stay_while(std::function<bool()> needed);

  [[nodiscard]] bool on_thread() const; // is this the engine's thread?
  [[nodiscard]] bool running() const;   // is there a thread now?

  [[nodiscard]] GMainContext* context() const { return context_; } // engine thread only

  // Monotonic; any thread.
  [[nodiscard]] static std::chrono::nanoseconds now();

private:
  void ensure_thread(); // mutex_ held
  void run();
  bool run_tasks();
  bool try_stop(); // true: the thread ends
  void park();

  GMainContext* context_;
  const Duration idle_;
  mutable std::mutex mutex_;
  std::condition_variable parked_changed_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::function<void()>> hooks_;
  std::vector<std::function<bool()>> needed_;
  std::optional<Duration> stopping_since_; // the hooks have run; engine thread only
  std::thread thread_;
  unsigned users_ = 0;
  Duration idle_since_{0};
  bool running_ = false;
  bool stopping_ = false; // destructor waits
  bool exiting_ = false;  // the process is about to end
  bool parked_ = false;
};

// One on the engine's context. Engine thread only.
class EngineTimer : public company::Timer {
public:
  explicit EngineTimer(Engine& engine) : Timer(engine.context()) {}
};

} // namespace triad
