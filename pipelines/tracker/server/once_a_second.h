// SPDX-License-Identifier: LGPL-2.1-or-later
// What takes time to find out, and strangers may ask for at any rate.
#pragma once

#include "tracker/swarms/tracker_time.h"

#include <chrono>
#include <optional>

namespace triad::tracker {

template <typename T>
class OnceASecond {
public:
  // What find() says, or said less than a second ago. Lives until the next get().
  template <typename Find>
  const T& get(Time now, const Find& find) {
    if (!found_at_ || now - *found_at_ >= std::chrono::seconds(1)) {
      value_ = find();
      found_at_ = now;
    }
    return value_;
  }

private:
  T value_{};
  std::optional<Time> found_at_;
};

} // namespace triad::tracker
