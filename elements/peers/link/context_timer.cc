// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/context_timer.h"

#include <utility>

namespace triad {

struct ContextTimer::Source {
  GSource base;
  ContextTimer* owner;
};

ContextTimer::ContextTimer(GMainContext* context, std::function<void()> callback)
    : callback_(std::move(callback)) {
  static GSourceFuncs functions = {nullptr, nullptr, &ContextTimer::dispatch,
                                   nullptr, nullptr, nullptr};
  source_ = g_source_new(&functions, sizeof(Source));
  reinterpret_cast<Source*>(source_)->owner = this;
  g_source_set_name(source_, "triad-link-timer");
  g_source_attach(source_, context);
}

ContextTimer::~ContextTimer() {
  g_source_destroy(source_);
  g_source_unref(source_);
}

void ContextTimer::start(std::chrono::nanoseconds after) {
  const auto wait = std::chrono::ceil<std::chrono::microseconds>(after).count();
  due_ = wait <= 0 ? 0 : g_get_monotonic_time() + wait;
  g_source_set_ready_time(source_, due_);
}

void ContextTimer::start_by(std::chrono::nanoseconds after) {
  const auto wait = std::chrono::ceil<std::chrono::microseconds>(after).count();
  if (due_ < 0 || due_ > g_get_monotonic_time() + wait)
    start(after);
}

void ContextTimer::stop() {
  if (due_ < 0)
    return;
  due_ = -1;
  g_source_set_ready_time(source_, -1);
}

gboolean ContextTimer::dispatch(GSource* source, GSourceFunc, gpointer) noexcept {
  ContextTimer* self = reinterpret_cast<Source*>(source)->owner;
  self->stop();
  self->callback_();
  return G_SOURCE_CONTINUE;
}

} // namespace triad
