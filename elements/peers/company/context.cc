// SPDX-License-Identifier: LGPL-2.1-or-later
// Timers and tasks as GSources.
#include "peers/company/context.h"

#include <algorithm>
#include <utility>

namespace triad::company {

void Timer::start(Time after, std::function<void()> callback) {
  stop();
  static GSourceFuncs functions = {
      nullptr,
      nullptr,
      [](GSource*, GSourceFunc function, gpointer data) -> gboolean { return function(data); },
      nullptr,
      nullptr,
      nullptr};
  callback_ = std::move(callback);
  source_ = g_source_new(&functions, sizeof(GSource));
  g_source_set_callback(source_, fire, this, nullptr);
  const auto microseconds = std::chrono::ceil<std::chrono::microseconds>(after).count();
  g_source_set_ready_time(source_, g_get_monotonic_time() + std::max<gint64>(microseconds, 0));
  g_source_attach(source_, context_);
}

void Timer::stop() {
  if (source_ == nullptr)
    return;
  g_source_destroy(source_);
  g_source_unref(source_);
  source_ = nullptr;
  callback_ = nullptr;
}

gboolean Timer::fire(gpointer data) {
  auto* self = static_cast<Timer*>(data);
  const auto callback = std::move(self->callback_);
  self->stop();
  callback(); // may have destroyed the timer
  return G_SOURCE_REMOVE;
}

void Tasks::post(std::function<void()> task) {
  tasks_.push_back(std::move(task));
  if (!timer_.armed())
    timer_.start(Time(0), [this] { run(); });
}

// What a task posts runs next time round, so that other sources have their turn.
void Tasks::run() {
  const auto tasks = std::exchange(tasks_, {});
  for (const auto& task : tasks)
    task();
}

} // namespace triad::company
