// SPDX-License-Identifier: LGPL-2.1-or-later
// A tracker's id as it stands in members and envelopes: eight bytes, big endian.
#pragma once

#include "tracker/swarms/elsewhere.h"

#include <string>
#include <string_view>

namespace triad::tracker::redis {

constexpr std::size_t tracker_bytes = 8;

inline void append_tracker(std::string& out, TrackerId tracker) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<unsigned char>(tracker >> shift));
  }
}

// `bytes`: eight.
[[nodiscard]] inline TrackerId read_tracker(std::string_view bytes) {
  TrackerId tracker = 0;
  for (const char each : bytes) {
    tracker = tracker << 8 | static_cast<unsigned char>(each);
  }
  return tracker;
}

} // namespace triad::tracker::redis
