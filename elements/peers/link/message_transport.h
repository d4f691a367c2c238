// SPDX-License-Identifier: LGPL-2.1-or-later
// What data channels need of SCTP: messages on numbered streams, and streams that can be reset.
#pragma once

#include "release/hashes.h"

#include <cstdint>

namespace triad {

class MessageTransport {
public:
  // A reliable, ordered message. False: no room now, nothing was taken.
  [[nodiscard]] virtual bool send(std::uint16_t stream, std::uint32_t ppid, Bytes message) = 0;
  // Our half of the stream begins anew once the peer has all of it (RFC 6525). May be repeated.
  virtual void reset_stream(std::uint16_t stream) = 0;
  [[nodiscard]] virtual std::uint64_t queued() const = 0; // bytes sent and not acknowledged
  [[nodiscard]] virtual bool full() const = 0;            // payload should wait

protected:
  ~MessageTransport() = default;
};

} // namespace triad
