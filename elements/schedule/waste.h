// SPDX-License-Identifier: LGPL-2.1-or-later
// What share of the last minute's bytes came for nothing (rule 5's guard).
#pragma once

#include "schedule/rules.h"
#include "schedule/schedule.h"

#include <array>

namespace triad {

class Waste {
public:
  void received(std::uint64_t bytes, bool wasted, Time now);
  [[nodiscard]] bool too_much(Time now);

private:
  struct Second {
    std::uint64_t all = 0, wasted = 0;
  };
  void turn_to(Time now);

  std::array<Second, rules::waste_seconds> ring_{};
  Second sum_;
  std::int64_t second_ = 0;
};

} // namespace triad
