// SPDX-License-Identifier: LGPL-2.1-or-later
// A socket and a deadline on a GMainContext.
#pragma once

#include <glib.h>

#include <chrono>
#include <functional>

namespace triad::trackers {

// The context's thread only. Destruction ends it, also from within its callback.
class LoopSource {
public:
  using Time = std::chrono::nanoseconds;

  // `ready`: what happened to the socket; 0 if the deadline has come, which then is over.
  LoopSource(GMainContext* context, std::function<void(GIOCondition ready)> callback);
  ~LoopSource();
  LoopSource(const LoopSource&) = delete;
  LoopSource& operator=(const LoopSource&) = delete;

  // Waits for `conditions` (and errors) on `fd` from now on, instead of what it waited for.
  void watch(int fd, GIOCondition conditions);
  void unwatch();
  void set_deadline(Time when); // as now() counts; replaces the one before
  void clear_deadline();

  [[nodiscard]] static Time now(); // monotonic

private:
  struct Source;
  static gboolean dispatch(GSource* source, GSourceFunc unused, gpointer data) noexcept;

  GSource* source_;
  gpointer tag_ = nullptr; // GSource's, of the watched socket
  GIOCondition conditions_{};
  int fd_ = -1;
};

} // namespace triad::trackers
