// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/watched_sockets.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace triad {
namespace {

// As much as an unprivileged process may have: while one link is being served, another's packets
// wait in its socket. The kernel takes less if its limit is less.
constexpr int buffer_size = 1024 * 1024;

} // namespace

struct WatchedSockets::Source {
  GSource base;
  WatchedSockets* owner;
};

WatchedSockets::WatchedSockets(GMainContext* context, std::function<void()> ready)
    : ready_(std::move(ready)) {
  static GSourceFuncs functions = {nullptr, nullptr, &WatchedSockets::dispatch,
                                   nullptr, nullptr, nullptr};
  source_ = g_source_new(&functions, sizeof(Source));
  reinterpret_cast<Source*>(source_)->owner = this;
  g_source_set_name(source_, "triad-link");
  g_source_attach(source_, context);
}

WatchedSockets::~WatchedSockets() {
  forget();
  g_source_destroy(source_);
  g_source_unref(source_);
}

void WatchedSockets::watch(const GPtrArray* sockets) {
  forget();
  for (guint i = 0; i < sockets->len; ++i) {
    auto* socket = static_cast<GSocket*>(sockets->pdata[i]);
    const int fd = g_socket_get_fd(socket);
    if (fd < 0)
      continue;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_size, sizeof buffer_size);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_size, sizeof buffer_size);
    watched_.push_back(
        {static_cast<GSocket*>(g_object_ref(socket)), g_source_add_unix_fd(source_, fd, G_IO_IN)});
  }
}

void WatchedSockets::wake() {
  if (g_source_get_ready_time(source_) < 0)
    g_source_set_ready_time(source_, 0);
}

bool WatchedSockets::readable() const {
  return std::any_of(watched_.begin(), watched_.end(), [this](const Watched& watched) {
    return g_source_query_unix_fd(source_, watched.tag) != 0;
  });
}

bool WatchedSockets::any_closed() const {
  return std::any_of(watched_.begin(), watched_.end(),
                     [](const Watched& watched) { return g_socket_is_closed(watched.socket); });
}

gboolean WatchedSockets::dispatch(GSource* source, GSourceFunc, gpointer) noexcept {
  g_source_set_ready_time(source, -1);
  reinterpret_cast<Source*>(source)->owner->ready_();
  return G_SOURCE_CONTINUE;
}

void WatchedSockets::forget() {
  for (const Watched& watched : std::exchange(watched_, {})) {
    g_source_remove_unix_fd(source_, watched.tag);
    g_object_unref(watched.socket);
  }
}

} // namespace triad
