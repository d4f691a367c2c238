// SPDX-License-Identifier: LGPL-2.1-or-later
// A one-shot timer on a GMainContext. The context's thread only; destruction stops it.
#pragma once

#include <glib.h>

#include <chrono>
#include <functional>

namespace triad {

class ContextTimer {
public:
  // `callback` may start and stop the timer, but not destroy it.
  ContextTimer(GMainContext* context, std::function<void()> callback);
  ~ContextTimer();
  ContextTimer(const ContextTimer&) = delete;
  ContextTimer& operator=(const ContextTimer&) = delete;

  void start(std::chrono::nanoseconds after); // replaces what was set; 0: with the next iteration
  void start_by(std::chrono::nanoseconds after); // the earlier of this and what was set
  void stop();
  [[nodiscard]] bool armed() const { return due_ >= 0; }

private:
  struct Source;
  static gboolean dispatch(GSource* source, GSourceFunc callback, gpointer data) noexcept;

  std::function<void()> callback_;
  GSource* source_;
  gint64 due_ = -1; // monotonic microseconds; -1: not set
};

} // namespace triad
