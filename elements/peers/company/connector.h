// SPDX-License-Identifier: LGPL-2.1-or-later
// From a host's name to a connected TCP socket, without ever blocking (RFC 8305).
#pragma once

#include "release/result.h"

#include <gio/gio.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

struct sockaddr;

namespace triad::trackers {

struct UnrefObject {
  void operator()(gpointer object) const { g_object_unref(object); }
};
using SocketPtr = std::unique_ptr<GSocket, UnrefObject>;

// The context's thread only; destruction ends the attempt, from within `done`, too.
class Connector {
public:
  virtual ~Connector() = default;

  // `may_connect` is asked for each address that the name resolves to; others are never tried.
  // IPv6 and IPv4 take turns, the next one starts 250 ms after the one before or when that failed.
  // `done` comes once, from the context. Error: unreachable.
  [[nodiscard]] static std::unique_ptr<Connector>
  start(GMainContext* context, const std::string& host, std::uint16_t port,
        std::function<bool(const sockaddr&)> may_connect,
        std::function<void(Result<SocketPtr>)> done);
};

} // namespace triad::trackers
