// SPDX-License-Identifier: LGPL-2.1-or-later
// How fast uploads go: one rate for the node, for all its links share one uplink; and how much may
// lie in a link's SCTP. Pure. docs/protocol.md, "Uploads".
#pragma once

#include "peers/company/uploads.h"

#include <algorithm>
#include <map>
#include <optional>

namespace triad {

// The least of what was seen in the last one to two minutes.
class AgeingMinimum {
public:
  using Time = Uploads::Time;
  void add(Time value, Time now);
  [[nodiscard]] Time get() const { return std::min(before_, current_); }

private:
  Time before_ = Time::max(), current_ = Time::max(), since_{0};
};

class UploadPace {
public:
  using Time = Uploads::Time;

  void set_cap(std::int64_t bytes_per_second, Time now); // -1: none
  void add(UploadLink link) { lines_.try_emplace(link); }
  void line(UploadLink link, std::uint64_t queued, std::uint64_t unsent, Time round_trip, Time now);
  void forget(UploadLink link);
  void sent(UploadLink link, std::uint32_t bytes, Time now);

  [[nodiscard]] double rate() const { return rate_; }
  [[nodiscard]] bool ready(Time now); // something may be sent, as far as the rate goes
  [[nodiscard]] Time ready_at(Time now);
  [[nodiscard]] bool full(UploadLink link) const; // as much lies on it as may
  // It has been full, and its peer has not taken anything, for 2 s.
  [[nodiscard]] bool stuck(UploadLink link, Time now) const;
  // When a full link is worth another look.
  [[nodiscard]] Time look_at(UploadLink link, Time now) const;

private:
  struct Line {
    std::uint64_t sent = 0, queued = 0, unsent = 0, taken = 0;
    Time progress{0};
    Time smoothed{0}; // round trip as it was told; 0: unknown
    Time round_trip{0};
    Time measured{0};
    AgeingMinimum least;
    double weight = 0; // bytes of about the last second
    Time weighed{0};
  };
  struct Signal {
    Time excess{0}, round_trip{0};
  };

  void refill(Time now);
  static void measure(Line& line, Time smoothed, Time now);
  void weigh(Line& line, Time now);
  [[nodiscard]] std::optional<Signal> signal(Time now);
  void control(Time now);
  void set_rate(double rate);
  [[nodiscard]] double depth() const;

  std::map<UploadLink, Line> lines_;
  double cap_ = 0;
  double rate_ = 0;
  bool rate_known_ = false; // it was ever more than nothing
  bool starting_ = true;    // no delay was seen yet: it doubles
  double tokens_ = 0;       // bytes that may go now; a block may take it below 0
  Time refilled_{0};
  bool limited_ = false;    // the rate was what held back, since the last control
  std::uint64_t taken_ = 0; // bytes that peers took since then
  Time controlled_{0}, halved_ = Time::min() / 2;
};

} // namespace triad
