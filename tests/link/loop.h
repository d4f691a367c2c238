// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs a GMainContext until something has happened; the guard is for tests that would hang.
#pragma once

#include <glib.h>

#include <chrono>
#include <functional>

namespace triad::test {

class Loop {
public:
  Loop() : context_(g_main_context_new()) { g_main_context_push_thread_default(context_); }
  ~Loop() {
    g_main_context_pop_thread_default(context_);
    g_main_context_unref(context_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] GMainContext* context() const { return context_; }

  // False: `done` did not come true.
  [[nodiscard]] bool run_until(const std::function<bool()>& done,
                               std::chrono::seconds guard = std::chrono::seconds(60)) {
    bool late = false;
    GSource* source = g_timeout_source_new_seconds(static_cast<guint>(guard.count()));
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
  // All that is ready now.
  void run_ready() {
    while (g_main_context_iteration(context_, FALSE)) {
    }
  }

private:
  GMainContext* context_;
};

} // namespace triad::test
