// SPDX-License-Identifier: LGPL-2.1-or-later
// What is believed of a supplier: its rate and delay, how far off predictions were, and what its
// silence means.
#pragma once

#include "schedule/schedule.h"

#include <optional>

namespace triad {

// Mean and mean deviation with the gains of RFC 6298, section 2 (1/8 and 1/4).
class MeanDeviation {
public:
  void add(Duration sample);
  [[nodiscard]] bool measured() const { return measured_; }
  [[nodiscard]] Duration mean() const { return mean_; }
  [[nodiscard]] Duration deviation() const { return deviation_; }

private:
  bool measured_ = false;
  Duration mean_{0}, deviation_{0};
};

class Estimate {
public:
  Estimate(double rate, Duration delay);

  // A request went out; `idle`: nothing else was outstanding.
  void asked(Time now, bool idle);
  // Bytes came; `drained`: nothing is outstanding any more.
  void received(std::uint64_t bytes, Time now, bool drained);
  // A block came at `actual` that was expected at `predicted`.
  void arrived(Time predicted, Time actual);
  // What was outstanding was taken back. A long silence is not forgotten with it.
  void abandoned(Time now);

  // Bytes per second. While something is outstanding and nothing comes, it falls towards what the
  // silence allows: one block in all that time.
  [[nodiscard]] double rate(Time now) const;
  [[nodiscard]] bool rate_measured() const { return rate_measured_; }
  // How long nothing has come of what is outstanding, beyond the delay of a first byte.
  [[nodiscard]] Duration silence(Time now) const;
  // Request to first byte.
  [[nodiscard]] Duration delay() const;
  // How late a block may be before that is odd (rule 5).
  [[nodiscard]] Duration tolerance() const;

private:
  void sample(double rate, Duration span);

  double rate_;
  bool rate_measured_ = false;
  Duration initial_delay_;
  MeanDeviation delay_, lateness_;
  bool busy_ = false;
  bool answered_ = false; // a byte came in this busy period
  Time asked_at_{0};
  Time heard_at_{0}; // last byte, or the request where none came yet
  Time mark_{0};     // since when `unsampled_` is counted
  std::uint64_t unsampled_ = 0;
};

} // namespace triad
