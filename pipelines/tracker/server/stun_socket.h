// SPDX-License-Identifier: LGPL-2.1-or-later
// Answers STUN Binding requests on UDP.
#pragma once

#include "release/result.h"
#include "tracker/server/file_descriptor.h"
#include "tracker/server/socket_address.h"

#include <cstdint>

namespace triad::tracker {

class StunSocket {
public:
  // Errors: io.
  [[nodiscard]] static Result<StunSocket> open(const SocketAddress& address);

  [[nodiscard]] int descriptor() const { return socket_.get(); }

  // Answers the requests that wait, 64 at most; returns how many it answered. Each answer leaves
  // from the address that was asked, for NATs let no other through.
  std::uint64_t answer();

private:
  StunSocket() = default;
  FileDescriptor socket_;
};

} // namespace triad::tracker
