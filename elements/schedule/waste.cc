// SPDX-License-Identifier: LGPL-2.1-or-later
// What share of the last minute's bytes came for nothing (rule 5's guard).
#include "schedule/waste.h"

#include <algorithm>

namespace triad {

void Waste::turn_to(Time now) {
  const std::int64_t second = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  const std::int64_t size = rules::waste_seconds;
  for (std::int64_t i = std::max(second_ + 1, second - size + 1); i <= second; ++i) {
    Second& old = ring_[static_cast<std::size_t>(i % size)];
    sum_.all -= old.all;
    sum_.wasted -= old.wasted;
    old = {};
  }
  second_ = std::max(second_, second);
}

void Waste::received(std::uint64_t bytes, bool wasted, Time now) {
  turn_to(now);
  Second& current = ring_[static_cast<std::size_t>(second_ % rules::waste_seconds)];
  for (Second* each : {&current, &sum_}) {
    each->all += bytes;
    each->wasted += wasted ? bytes : 0;
  }
}

bool Waste::too_much(Time now) {
  turn_to(now);
  return static_cast<double>(sum_.wasted) > rules::waste_limit * static_cast<double>(sum_.all);
}

} // namespace triad
