// SPDX-License-Identifier: LGPL-2.1-or-later
// How a tracker gets on with its store, for its operator.
#pragma once

#include <cstdint>
#include <string>

namespace triad::tracker {

struct StoreTotals {
  bool ready = false;         // every master is connected, and so is our channel
  std::string trouble;        // the last one, for people; empty: none yet
  std::uint64_t commands = 0; // sent, again after a redirection too
  std::uint64_t redirections = 0;
  std::uint64_t reconnections = 0;
  std::uint64_t dropped = 0;     // what was not kept or not answered
  std::uint64_t refused = 0;     // commands that Redis answered with an error
  std::uint64_t undelivered = 0; // frames for trackers that do not listen (any more)
  std::uint64_t received = 0;    // frames from other trackers
  std::uint64_t garbled = 0;     // replies and frames that could not be read
};

} // namespace triad::tracker
