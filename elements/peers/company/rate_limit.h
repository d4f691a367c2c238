// SPDX-License-Identifier: LGPL-2.1-or-later
// At most so many in so long (a token bucket). Pure: the time comes in.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace triad::trackers {

class RateLimit {
public:
  using Time = std::chrono::nanoseconds; // of any steady clock

  // `count` at once, and as many again over `period`; both more than 0.
  RateLimit(std::uint32_t count, Time period)
      : each_(period / count), period_(period), filled_at_(-period) {}

  // Takes so many, if there are so many.
  [[nodiscard]] bool take(Time now, std::uint32_t count = 1) {
    filled_at_ = std::max(filled_at_, now - period_);
    if (now - filled_at_ < each_ * count)
      return false;
    filled_at_ += each_ * count;
    return true;
  }

private:
  Time each_, period_;
  Time filled_at_; // the bucket was empty then, and has been filling since
};

} // namespace triad::trackers
