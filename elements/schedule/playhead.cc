// SPDX-License-Identifier: LGPL-2.1-or-later
// The byte of a track that is heard now, as far as its source can tell.
#include "schedule/playhead.h"

#include <algorithm>

namespace triad {
namespace {

using namespace std::chrono_literals;

// Running time is told four times a second; when it is not told for this long, it stands.
constexpr Duration longest_gap = 1s;
constexpr Duration longest_stale = 10s;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

} // namespace

Playhead::Playhead(double byte_rate) : byte_rate_(std::max(byte_rate, 1.0)) {}

void Playhead::place(std::uint64_t offset, Time now) {
  placed_ = offset;
  offset_ = static_cast<double>(offset);
  if (running_time_)
    stale_until_ = now + longest_stale;
  moved_ = false;
  advancing_ = false;
}

void Playhead::run(std::optional<Duration> running_time, Time now) {
  if (!running_time || !running_time_) {
    advancing_ = false; // not known now, or not before: how far it ran can't be told
  } else if (*running_time < *running_time_) {
    stale_until_.reset();
    offset_ = static_cast<double>(placed_) + seconds(*running_time) * byte_rate_;
    advancing_ = moved_ = false;
  } else if (stale_until_ && now < *stale_until_) {
    advancing_ = false;
  } else {
    stale_until_.reset();
    offset_ += seconds(*running_time - *running_time_) * byte_rate_;
    advancing_ = *running_time > *running_time_;
    moved_ = moved_ || advancing_;
  }
  if (running_time)
    running_time_ = running_time;
  heard_at_ = now;
}

void Playhead::not_beyond(std::uint64_t offset, Time now) {
  if (at(now) <= offset)
    return;
  offset_ = static_cast<double>(offset) - since_heard(now);
}

void Playhead::set_byte_rate(double byte_rate, Time now) {
  // What was heard so far was heard at the old rate.
  if (moving(now) && running_time_) {
    offset_ += since_heard(now);
    *running_time_ += now - heard_at_;
    heard_at_ = now;
  }
  byte_rate_ = std::max(byte_rate, 1.0);
}

double Playhead::since_heard(Time now) const {
  if (!advancing_)
    return 0;
  return seconds(std::clamp<Duration>(now - heard_at_, 0s, longest_gap)) * byte_rate_;
}

std::uint64_t Playhead::at(Time now) const {
  return static_cast<std::uint64_t>(std::max(offset_ + since_heard(now), 0.0));
}

bool Playhead::moving(Time now) const {
  return advancing_ && now - heard_at_ <= longest_gap;
}

} // namespace triad
