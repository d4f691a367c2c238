// SPDX-License-Identifier: LGPL-2.1-or-later
// Takes connections on the tracker's port.
#pragma once

#include "release/result.h"
#include "tracker/server/file_descriptor.h"
#include "tracker/server/socket_address.h"

#include <optional>

namespace triad::tracker {

struct Accepted {
  FileDescriptor socket; // non-blocking, with TCP_NODELAY
  Address address;
};

class Listener {
public:
  // An IPv6 wildcard takes IPv4, too. Errors: io.
  [[nodiscard]] static Result<Listener> open(const SocketAddress& address);

  [[nodiscard]] int descriptor() const { return socket_.get(); }
  void close() { socket_.reset(); }
  [[nodiscard]] const SocketAddress& address() const { return address_; } // with the real port

  // The next connection that waits; empty: none does. Where the process has no descriptor left the
  // connection is closed at once, so that neither the peer nor this loop hangs.
  [[nodiscard]] std::optional<Accepted> accept();
  // Whether the last accept() failed for want of something that others must give back first: wait
  // a while, for the socket stays readable.
  [[nodiscard]] bool exhausted() const { return exhausted_; }

private:
  Listener() = default;
  bool turn_away();

  FileDescriptor socket_;
  FileDescriptor spare_; // given up for a moment where accept() finds no other
  SocketAddress address_;
  bool exhausted_ = false;
};

} // namespace triad::tracker
