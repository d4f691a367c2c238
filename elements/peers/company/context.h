// SPDX-License-Identifier: LGPL-2.1-or-later
// Timers and tasks on a GMainContext. Its thread only.
#pragma once

#include <glib.h>

#include <chrono>
#include <functional>
#include <vector>

namespace triad::company {

using Time = std::chrono::nanoseconds; // monotonic

// One shot; destruction stops it.
class Timer {
public:
  explicit Timer(GMainContext* context) : context_(context) {}
  ~Timer() { stop(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Replaces what was set before. The callback may restart, stop or destroy the timer.
  void start(Time after, std::function<void()> callback);
  void stop();
  [[nodiscard]] bool armed() const { return source_ != nullptr; }

private:
  static gboolean fire(gpointer self);

  GMainContext* context_;
  GSource* source_ = nullptr;
  std::function<void()> callback_;
};

// Runs what is posted from the context, in order, never from within post(): for callbacks that must
// not come from within a call, and for objects that must outlive the callback that ends them.
// Destruction drops what waits.
class Tasks {
public:
  explicit Tasks(GMainContext* context) : timer_(context) {}

  void post(std::function<void()> task);

private:
  void run();

  Timer timer_;
  std::vector<std::function<void()>> tasks_;
};

} // namespace triad::company
