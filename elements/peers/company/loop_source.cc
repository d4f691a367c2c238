// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/company/loop_source.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace triad::trackers {

using Callback = std::function<void(GIOCondition)>;

struct LoopSource::Source {
  GSource base;
  LoopSource* owner;                   // null: it is gone
  std::shared_ptr<Callback>* callback; // kept while it runs, whoever is destroyed meanwhile
};

LoopSource::LoopSource(GMainContext* context, Callback callback) {
  static GSourceFuncs functions = {nullptr, nullptr, &LoopSource::dispatch,
                                   nullptr, nullptr, nullptr};
  source_ = g_source_new(&functions, sizeof(Source));
  auto* source = reinterpret_cast<Source*>(source_);
  source->owner = this;
  source->callback = new std::shared_ptr<Callback>(std::make_shared<Callback>(std::move(callback)));
  g_source_set_name(source_, "triad-tracker");
  g_source_attach(source_, context);
}

LoopSource::~LoopSource() {
  auto* source = reinterpret_cast<Source*>(source_);
  source->owner = nullptr;
  delete std::exchange(source->callback, nullptr);
  g_source_destroy(source_);
  g_source_unref(source_);
}

void LoopSource::watch(int fd, GIOCondition conditions) {
  const auto all = static_cast<GIOCondition>(conditions | G_IO_ERR | G_IO_HUP);
  if (tag_ && fd == fd_) {
    if (all != conditions_)
      g_source_modify_unix_fd(source_, tag_, all);
  } else {
    unwatch();
    tag_ = g_source_add_unix_fd(source_, fd, all);
    fd_ = fd;
  }
  conditions_ = all;
}

void LoopSource::unwatch() {
  if (tag_)
    g_source_remove_unix_fd(source_, std::exchange(tag_, nullptr));
}

void LoopSource::set_deadline(Time when) {
  const auto microseconds = std::chrono::ceil<std::chrono::microseconds>(when).count();
  g_source_set_ready_time(source_, std::max<gint64>(microseconds, 0));
}

void LoopSource::clear_deadline() {
  g_source_set_ready_time(source_, -1);
}

LoopSource::Time LoopSource::now() {
  return std::chrono::microseconds(g_get_monotonic_time());
}

gboolean LoopSource::dispatch(GSource* base, GSourceFunc, gpointer) noexcept {
  const auto* source = reinterpret_cast<Source*>(base);
  if (!source->owner)
    return G_SOURCE_REMOVE;
  const auto callback = *source->callback;
  GIOCondition ready{};
  if (gpointer tag = source->owner->tag_)
    ready = g_source_query_unix_fd(base, tag);
  const gint64 due = g_source_get_ready_time(base);
  const bool late = due >= 0 && due <= g_get_monotonic_time();
  if (late)
    g_source_set_ready_time(base, -1);
  if (ready != 0)
    (*callback)(ready);
  if (late && source->owner)
    (*callback)(GIOCondition{});
  return source->owner ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

} // namespace triad::trackers
