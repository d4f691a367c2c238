// SPDX-License-Identifier: LGPL-2.1-or-later
// A GMainContext that only its test runs, until something has happened.
#pragma once

#include <glib.h>

#include <algorithm>
#include <chrono>
#include <functional>

namespace triad::test {

class Loop {
public:
  // `guard`: how long a test waits that would hang.
  explicit Loop(std::chrono::milliseconds guard = std::chrono::seconds(60))
      : context_(g_main_context_new()), guard_(guard) {}
  ~Loop() { g_main_context_unref(context_); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] GMainContext* context() const { return context_; }

  // False: `done` did not come true. The program has failed then, and waits no more for long.
  [[nodiscard]] bool run_until(const std::function<bool()>& done) const {
    static bool in_vain = false;
    const bool is_done = run_until(done, in_vain ? std::min(guard_, after_failure) : guard_);
    in_vain = in_vain || !is_done;
    return is_done;
  }
  [[nodiscard]] bool run_until(const std::function<bool()>& done,
                               std::chrono::milliseconds guard) const {
    bool late = false;
    GSource* source = g_timeout_source_new(static_cast<guint>(guard.count()));
    g_source_set_callback(
        source,
        [](gpointer data) -> gboolean {
          *static_cast<bool*>(data) = true;
          return G_SOURCE_REMOVE;
        },
        &late, nullptr);
    g_source_attach(source, context_);
    bool is_done = done();
    while (!is_done && !late) {
      g_main_context_iteration(context_, TRUE);
      is_done = done();
    }
    g_source_destroy(source);
    g_source_unref(source);
    return is_done;
  }
  // For what must not happen.
  void run_for(std::chrono::milliseconds time) const {
    (void)run_until([] { return false; }, time);
  }
  // All that is ready now.
  void run_ready() const {
    while (g_main_context_iteration(context_, FALSE)) {
    }
  }

private:
  static constexpr std::chrono::milliseconds after_failure = std::chrono::seconds(3);

  GMainContext* context_;
  const std::chrono::milliseconds guard_;
};

} // namespace triad::test
