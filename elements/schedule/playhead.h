// SPDX-License-Identifier: LGPL-2.1-or-later
// The byte of a track that is heard now, as far as its source can tell.
#pragma once

#include "schedule/schedule.h"

#include <optional>

namespace triad {

class Playhead {
public:
  explicit Playhead(double byte_rate);

  // After a start or a seek: the first byte pushed. The clock runs on through a flushing seek and
  // is set back only when the pipeline plays again; until then (10 s at most: a seek without a
  // flush does not set it back) running time counts as standing.
  void place(std::uint64_t offset, Time now);
  // The running time as it is at `now`.
  void run(std::optional<Duration> running_time, Time now);
  // The reader has got no further than `offset`: neither has the playhead.
  void not_beyond(std::uint64_t offset, Time now);
  void set_byte_rate(double byte_rate, Time now);

  [[nodiscard]] double byte_rate() const { return byte_rate_; } // bytes per second, at least 1
  [[nodiscard]] std::uint64_t at(Time now) const;
  // Running time advances.
  [[nodiscard]] bool moving(Time now) const;
  // It has advanced since the last start or seek.
  [[nodiscard]] bool moved() const { return moved_; }

private:
  [[nodiscard]] double since_heard(Time now) const; // bytes since the last running time

  double byte_rate_;
  std::uint64_t placed_ = 0;
  double offset_ = 0; // at heard_at_
  std::optional<Duration> running_time_;
  Time heard_at_{0};
  std::optional<Time> stale_until_; // running time belongs to what was before the seek
  bool advancing_ = false;
  bool moved_ = false;
};

} // namespace triad
