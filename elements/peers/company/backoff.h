// SPDX-License-Identifier: LGPL-2.1-or-later
// How long to wait before a tracker is tried again. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace triad::trackers {

// A bound that doubles with each failure, and a wait that is anything up to it ("full jitter"): the
// listeners of a tracker that restarts come back spread over the whole time, and not in waves.
class Backoff {
public:
  using Duration = std::chrono::nanoseconds;
  static constexpr Duration first = std::chrono::seconds(1), longest = std::chrono::seconds(60);
  // What a wait never falls below, so that a tracker which hangs up at once is not hammered.
  static constexpr Duration shortest = std::chrono::milliseconds(100);

  explicit Backoff(std::uint64_t seed) : random_(seed) {}

  // The wait after one more failure, from `shortest` to `longest`.
  [[nodiscard]] Duration next() {
    const Duration bound = bound_;
    bound_ = std::min(bound_ * 2, longest);
    // The engine's own numbers are the same everywhere; the standard's distributions are not.
    const auto span = static_cast<std::uint64_t>((bound - shortest).count());
    return shortest + Duration(random_() % (span + 1));
  }
  void reset() { bound_ = first; }

private:
  Duration bound_ = first;
  std::mt19937_64 random_;
};

} // namespace triad::trackers
