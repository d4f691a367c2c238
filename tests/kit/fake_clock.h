// SPDX-License-Identifier: LGPL-2.1-or-later
// Time as a test wants it, and what is to happen when.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace triad::kit {

// Runs its events in the order of their times, those of one time in the order they were added.
class FakeClock {
public:
  using Time = std::chrono::nanoseconds;

  [[nodiscard]] Time now() const { return now_; }
  void at(Time time, std::function<void()> event) {
    events_.emplace(std::pair(time < now_ ? now_ : time, next_++), std::move(event));
  }
  void after(Time delay, std::function<void()> event) { at(now_ + delay, std::move(event)); }
  // Runs what is due until `end`, which is then now.
  void run_until(Time end) {
    while (!events_.empty() && events_.begin()->first.first <= end)
      step();
    now_ = end;
  }
  // Until `done` says so or `end` is reached; true in the first case.
  bool run_until(Time end, const std::function<bool()>& done) {
    while (!done()) {
      if (events_.empty() || events_.begin()->first.first > end)
        return false;
      step();
    }
    return true;
  }

private:
  void step() {
    auto event = events_.extract(events_.begin());
    now_ = event.key().first;
    event.mapped()();
  }

  Time now_{0};
  std::uint64_t next_ = 0;
  std::map<std::pair<Time, std::uint64_t>, std::function<void()>> events_;
};

} // namespace triad::kit
