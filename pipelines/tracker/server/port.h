// SPDX-License-Identifier: LGPL-2.1-or-later
// Where a tracker is reached: one number on TCP, for connections, and on UDP, for STUN.
#pragma once

#include "release/result.h"
#include "tracker/server/listener.h"
#include "tracker/server/stun_socket.h"

#include <string>

namespace triad::tracker {

struct Port {
  Listener listener;
  StunSocket stun;

  // `listen`: "ADDR:PORT". Errors: settings, io.
  [[nodiscard]] static Result<Port> open(const std::string& listen);

  // "ws://ADDR:PORT" or "wss://...".
  [[nodiscard]] std::string url(bool tls) const;
  // What announce replies say. Empty `host`: listeners ask the host of their announce URL, and the
  // URL has none (docs/tracker.md).
  [[nodiscard]] std::string stun_url(const std::string& host) const;
};

} // namespace triad::tracker
