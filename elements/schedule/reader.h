// SPDX-License-Identifier: LGPL-2.1-or-later
// One reader as the schedule sees it: where it plays, what it waits for, how far it may be served.
#pragma once

#include "schedule/pieces.h"
#include "schedule/playhead.h"

#include <optional>

namespace triad {

class ScheduledReader {
public:
  ScheduledReader(const ReaderAdded& facts, const Release& release);

  [[nodiscard]] ReaderId id() const { return facts_.reader; }
  [[nodiscard]] FileIndex track() const { return facts_.track; }
  [[nodiscard]] bool prefetch() const { return facts_.purpose == Purpose::prefetch; }
  [[nodiscard]] bool copy() const { return facts_.copy; }
  [[nodiscard]] const Playhead& playhead() const { return playhead_; }
  // Where it plays is known: it was placed by a seek, or by its first read.
  [[nodiscard]] bool placed() const { return placed_; }
  [[nodiscard]] std::optional<std::uint64_t> waits() const { return waits_; }
  [[nodiscard]] const Outlook& before() const { return before_; }

  // File space. Where the track, or what is wanted of it, ends.
  [[nodiscard]] std::uint64_t end() const { return stop_.value_or(length_); }
  // The first byte that is still wanted.
  [[nodiscard]] std::uint64_t front(Time now) const;
  [[nodiscard]] ByteRange head() const;
  // Its rate is a guess still, nothing is heard yet, and the server is to be spared.
  [[nodiscard]] bool guessing() const {
    return facts_.rate_to_come && sparing_ && !playhead_.moved();
  }
  // Empty unless its format wants it before it plays, or a stop lies before it.
  [[nodiscard]] ByteRange tail() const;
  // A read waits, and running time stands or the read is less than 3 s ahead of the playhead.
  [[nodiscard]] bool starved(Time now) const;
  // How far a starved read may be served beyond the windows; 0: not at all.
  [[nodiscard]] std::uint64_t granted() const { return granted_; }
  // How long until the playhead reaches this byte; 0 for what it has passed.
  [[nodiscard]] Duration until(std::uint64_t offset, Time now) const;

  void change(const ReaderChanged& change, Time now);
  void seek(std::uint64_t offset, std::optional<std::uint64_t> stop, Time now);
  void wait(std::optional<std::uint64_t> offset, Time now);
  void run(std::optional<Duration> time, Time now) { playhead_.run(time, now); }
  void set_before(const Outlook& before) { before_ = before; }
  // Brings what is granted up to `now`; `sparing`: peers may have it, the server is to be spared.
  void advance(Time now, bool sparing);

private:
  ReaderAdded facts_;
  std::uint64_t length_;
  Playhead playhead_;
  bool placed_ = false;
  std::uint64_t sought_ = 0;
  Time sought_at_{0};
  std::optional<std::uint64_t> stop_;
  std::optional<std::uint64_t> waits_;
  std::uint64_t granted_ = 0;
  std::optional<Time> granted_at_; // set while a starved read earns more
  bool sparing_ = false;
  Outlook before_;
};

} // namespace triad
