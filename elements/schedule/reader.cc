// SPDX-License-Identifier: LGPL-2.1-or-later
// One reader as the schedule sees it.
#include "schedule/reader.h"

#include "schedule/rules.h"

#include <algorithm>

namespace triad {
namespace {

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

} // namespace

ScheduledReader::ScheduledReader(const ReaderAdded& facts, const Release& release)
    : facts_(facts), length_(release.file(facts.track).length), playhead_(facts.byte_rate) {}

std::uint64_t ScheduledReader::front(Time now) const {
  // The clock may run on past a byte that is waited for; what was not read is not heard.
  const std::uint64_t at = facts_.copy ? sought_ : playhead_.at(now);
  return std::min({at, waits_.value_or(at), end()});
}

ByteRange ScheduledReader::head() const {
  const auto five_seconds =
      static_cast<std::uint64_t>(seconds(rules::head_time) * playhead_.byte_rate());
  const std::uint64_t size = guessing() ? rules::head_min : std::max(five_seconds, rules::head_min);
  return intersect({sought_, sought_ + size}, {0, end()});
}

ByteRange ScheduledReader::tail() const {
  if (!facts_.wants_tail || playhead_.moved() || stop_)
    return {};
  return {length_ - std::min(length_, rules::tail_size), length_};
}

bool ScheduledReader::starved(Time now) const {
  if (!waits_ || facts_.copy)
    return false;
  return !playhead_.moving(now) || until(*waits_, now) < rules::urgent;
}

Duration ScheduledReader::until(std::uint64_t offset, Time now) const {
  const std::uint64_t at = playhead_.at(now);
  if (offset <= at)
    return Duration{0};
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(static_cast<double>(offset - at) / playhead_.byte_rate()));
}

void ScheduledReader::change(const ReaderChanged& change, Time now) {
  playhead_.set_byte_rate(change.byte_rate, now);
  facts_.byte_rate = change.byte_rate;
  facts_.copy = change.copy;
  facts_.rate_to_come = change.rate_to_come;
}

void ScheduledReader::seek(std::uint64_t offset, std::optional<std::uint64_t> stop, Time now) {
  placed_ = true;
  waits_.reset();
  granted_ = 0;
  granted_at_.reset();
  stop_ = stop;
  if (stop_)
    stop_ = std::min(*stop_, length_);
  // A demuxer that looks at the tail before it plays comes back: the playhead stays.
  const ByteRange visited = tail();
  if (!visited.empty() && offset >= visited.begin)
    return;
  sought_ = std::min(offset, length_);
  sought_at_ = now;
  playhead_.place(sought_, now);
}

void ScheduledReader::wait(std::optional<std::uint64_t> offset, Time now) {
  if (offset && !placed_)
    seek(*offset, stop_, now);
  waits_ = offset && *offset < length_ ? offset : std::nullopt;
  // Nothing is heard that was not read.
  if (waits_)
    playhead_.not_beyond(*waits_, now);
}

void ScheduledReader::advance(Time now, bool sparing) {
  sparing_ = sparing;
  if (facts_.copy || playhead_.moving(now)) {
    granted_at_.reset();
    return;
  }
  if (waits_ && !playhead_.moved()) {
    const std::uint64_t has_read = *waits_ - std::min(*waits_, sought_);
    std::uint64_t limit = *waits_ + std::min(has_read, rules::starved_ahead);
    const bool at_tail = !tail().empty() && *waits_ >= tail().begin;
    if (sparing && !at_tail) {
      const auto times = std::min<Duration::rep>((now - sought_at_) / rules::starved_doubling,
                                                 rules::starved_doublings);
      limit = std::min(limit, sought_ + (head().size() << times));
    }
    granted_ = std::max(granted_, limit);
  } else if (waits_) {
    // An application that pauses until its buffer is full waits here: with the windows alone it
    // would wait for ever.
    if (!granted_at_)
      granted_ = std::max(granted_, *waits_ + 1);
    else
      granted_ += static_cast<std::uint64_t>(seconds(now - *granted_at_) * rules::starved_pace *
                                             playhead_.byte_rate());
    granted_at_ = now;
  } else if (granted_at_) {
    granted_at_ = now; // nothing is earned while nothing waits
  }
}

} // namespace triad
