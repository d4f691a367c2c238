// SPDX-License-Identifier: LGPL-2.1-or-later
// How long a tracker may take for what.
#pragma once

#include <chrono>

namespace triad {

struct TrackerTimes {
  using Duration = std::chrono::nanoseconds;
  Duration handshake = std::chrono::seconds(10); // from the name to the WebSocket
  Duration reply = std::chrono::seconds(30);     // to an announce
  Duration quiet = std::chrono::seconds(45);     // without a byte; then it is pinged
  Duration pong = std::chrono::seconds(15);      // to a ping: any byte
  Duration goodbye = std::chrono::seconds(3);    // for closing in good order
};

} // namespace triad
