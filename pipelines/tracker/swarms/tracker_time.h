// SPDX-License-Identifier: LGPL-2.1-or-later
// The tracker's time, which the server hands in.
#pragma once

#include <chrono>
#include <cstdint>

namespace triad::tracker {

using Time = std::chrono::milliseconds; // monotonic, since the tracker's start

// What records keep of it: 136 years.
using Seconds = std::uint32_t;

[[nodiscard]] inline Seconds whole_seconds(Time time) {
  return static_cast<Seconds>(time / std::chrono::seconds(1));
}

} // namespace triad::tracker
