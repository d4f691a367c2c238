// SPDX-License-Identifier: LGPL-2.1-or-later
// One GSource for all sockets of a link, which can also be woken by hand.
#pragma once

#include <gio/gio.h>

#include <functional>
#include <memory>
#include <vector>

namespace triad {

class WatchedSockets {
public:
  // `ready` may do anything but destroy this.
  WatchedSockets(GMainContext* context, std::function<void()> ready);
  ~WatchedSockets();
  WatchedSockets(const WatchedSockets&) = delete;
  WatchedSockets& operator=(const WatchedSockets&) = delete;

  void watch(const GPtrArray* sockets);  // GSocket; replaces what was watched
  void wake();                           // ready() with the context's next iteration
  [[nodiscard]] bool readable() const;   // from within ready(): a socket can be read
  [[nodiscard]] bool any_closed() const; // a watched socket was closed by its owner

private:
  struct Source;
  struct Watched {
    GSocket* socket; // a reference
    gpointer tag;
  };
  static gboolean dispatch(GSource* source, GSourceFunc callback, gpointer data) noexcept;
  void forget();

  std::function<void()> ready_;
  GSource* source_;
  std::vector<Watched> watched_;
};

} // namespace triad
