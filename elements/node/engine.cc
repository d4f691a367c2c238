// SPDX-License-Identifier: LGPL-2.1-or-later
// The engine's thread: tasks, idle stop, and what happens when the process exits.
#include "node/engine.h"

#include <openssl/crypto.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace triad {

namespace {

using namespace std::chrono_literals;

// How long the process's exit may wait for the engine to come to rest between two tasks. A task is
// far shorter; the bound is for a disk that hangs.
constexpr auto park_patience = 100ms;
// For what was ended to come to its end, and how often that is looked at.
constexpr Engine::Duration stop_patience = 5s, stop_look = 20ms;

} // namespace

Engine& Engine::get() {
  // Never destroyed: a process may exit while downloads run, and no destructor may then be in
  // their way.
  static Engine* const engine = [] {
    // OpenSSL would free its tables at exit, under the feet of threads that still hash.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
    auto* made = new Engine(30s);
    static Engine* at_exit = made;
    static const pid_t owner = getpid();
    std::atexit([] {
      if (getpid() == owner) // a forked child has no engine thread
        at_exit->park();
    });
    return made;
  }();
  return *engine;
}

Engine::Engine(Duration idle) : context_(g_main_context_new()), idle_(idle) {}

Engine::~Engine() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  g_main_context_wakeup(context_);
  if (thread_.joinable())
    thread_.join();
  g_main_context_unref(context_);
}

Engine::Use::Use(Engine& engine) : engine_(&engine) {
  const std::lock_guard lock(engine.mutex_);
  ++engine.users_;
}

Engine::Use::~Use() {
  if (engine_ == nullptr)
    return;
  {
    const std::lock_guard lock(engine_->mutex_);
    if (--engine_->users_ > 0)
      return;
    engine_->idle_since_ = now();
  }
  g_main_context_wakeup(engine_->context_); // so that it arms its idle timer
}

void Engine::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    ensure_thread();
  }
  g_main_context_wakeup(context_);
}

void Engine::before_stop(std::function<void()> hook) {
  const std::lock_guard lock(mutex_);
  hooks_.push_back(std::move(hook));
}

void Engine::stay_while(std::function<bool()> needed) {
  const std::lock_guard lock(mutex_);
  needed_.push_back(std::move(needed));
}

bool Engine::on_thread() const {
  const std::lock_guard lock(mutex_);
  return running_ && thread_.get_id() == std::this_thread::get_id();
}

bool Engine::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

std::chrono::nanoseconds Engine::now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

void Engine::ensure_thread() {
  if (running_ || exiting_)
    return;
  if (thread_.joinable())
    thread_.join(); // it has left its loop already: running_ was cleared by its last act
  running_ = true;
  idle_since_ = now();
  thread_ = std::thread([this] { run(); });
}

void Engine::run() {
  g_main_context_push_thread_default(context_);
  EngineTimer idle_timer(*this); // only wakes the loop, which then looks
  for (;;) {
    const bool ran = run_tasks();
    bool idle = false;
    Duration left{0};
    {
      std::unique_lock lock(mutex_);
      if (exiting_) {
        parked_ = true;
        parked_changed_.notify_all();
        lock.unlock();
        for (;;)
          ::pause(); // the process is ending; what this thread holds must stay as it is
      }
      if (users_ == 0) {
        idle = true;
        left = stopping_ ? Duration(0) : idle_since_ + idle_ - now();
      }
      if (stopping_)
        idle = true;
    }
    const bool due = idle && left <= Duration(0);
    if (due && try_stop())
      break;
    if (!due)
      stopping_since_.reset();
    if (!idle)
      idle_timer.stop();
    else if (due || !idle_timer.armed())
      idle_timer.start(due ? stop_look : left, [] {});
    g_main_context_iteration(context_, ran ? FALSE : TRUE);
  }
  g_main_context_pop_thread_default(context_);
  // No lock from here on: ensure_thread() may be joining this thread with the mutex held.
}

bool Engine::run_tasks() {
  std::unique_lock lock(mutex_);
  // What is posted meanwhile waits, so that other sources have their turn.
  std::size_t left = tasks_.size();
  const bool any = left > 0;
  for (; left > 0 && !exiting_; --left) {
    std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr; // outside the lock: destructors may post
    lock.lock();
  }
  return any;
}

bool Engine::try_stop() {
  std::vector<std::function<void()>> hooks;
  std::vector<std::function<bool()>> needed;
  {
    const std::lock_guard lock(mutex_);
    hooks = hooks_;
    needed = needed_;
  }
  for (const auto& hook : hooks)
    hook();
  if (!stopping_since_)
    stopping_since_ = now();
  const bool needs =
      std::any_of(needed.begin(), needed.end(), [](const auto& each) { return each(); });
  const std::lock_guard lock(mutex_);
  if (!tasks_.empty() || (users_ > 0 && !stopping_) ||
      (needs && now() - *stopping_since_ < stop_patience))
    return false;
  stopping_since_.reset();
  running_ = false; // under the same lock as the look at the queue, or a task could be stranded
  return true;
}

void Engine::park() {
  std::unique_lock lock(mutex_);
  exiting_ = true;
  if (!running_ || thread_.get_id() == std::this_thread::get_id())
    return;
  g_main_context_wakeup(context_);
  parked_changed_.wait_for(lock, park_patience, [this] { return parked_ || !running_; });
}

} // namespace triad
