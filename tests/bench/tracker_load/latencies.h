// SPDX-License-Identifier: LGPL-2.1-or-later
// Durations, and what share of them is how short.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace triad::load {

class Latencies {
public:
  void add(std::chrono::nanoseconds duration) {
    values_.push_back(std::chrono::duration<float, std::milli>(duration).count());
  }
  void clear() { values_.clear(); }
  [[nodiscard]] std::size_t count() const { return values_.size(); }
  // Milliseconds; `share` 0..1. 0 if there is none.
  [[nodiscard]] double percentile(double share) {
    if (values_.empty()) {
      return 0;
    }
    const auto last = static_cast<double>(values_.size() - 1);
    const auto at = values_.begin() + static_cast<std::ptrdiff_t>(last * share);
    std::nth_element(values_.begin(), at, values_.end());
    return static_cast<double>(*at);
  }

private:
  std::vector<float> values_;
};

} // namespace triad::load
