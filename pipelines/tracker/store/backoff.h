// SPDX-License-Identifier: LGPL-2.1-or-later
// How long to wait before the next try: ever longer, and never all at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace triad::tracker::redis {

class Backoff {
public:
  // 0 < first <= last. `seed` rules the jitter.
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds last, std::uint64_t seed)
      : first_(first), last_(last), next_(first), random_(seed) {}

  // Between half of and the whole of a time that doubles with each call, up to `last`.
  [[nodiscard]] std::chrono::milliseconds next() {
    const auto whole = next_.count();
    next_ = std::min(next_ * 2, last_);
    return std::chrono::milliseconds(std::uniform_int_distribution<std::chrono::milliseconds::rep>(
        (whole + 1) / 2, whole)(random_));
  }
  void reset() { next_ = first_; }

private:
  std::chrono::milliseconds first_, last_, next_;
  std::mt19937_64 random_;
};

} // namespace triad::tracker::redis
