// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/company/upload_pace.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace triad {
namespace {

using namespace std::chrono_literals;
using Time = Uploads::Time;

constexpr double first_rate = 128e3, least_rate = 16e3; // bytes per second
constexpr double uncapped = 1e12;
constexpr Time calm = 50ms, congested = 100ms; // of round trip above its minimum
constexpr Time control_least = 10ms;           // between two looks at the round trips
// A step, once a delay was seen: so much of the rate, and bytes per second.
constexpr double growth = 0.125, least_growth = 8e3;
// What may lie on a line: some time's worth, but this much at least.
constexpr double queue_least = 64 * 1024;
// Of that, what SCTP does not take: half of what is taken for a peer that doesn't read. SCTP takes
// its window, so that a long way can be filled.
constexpr std::uint64_t unsent_most = wire::max_unsent / 2;
constexpr Time queue_time = 200ms;
constexpr Time memory = 60s; // of a minimum, and as much again
constexpr Time stuck_after = 2s;
constexpr Time look_least = 5ms, look_most = 250ms;
constexpr double weight_least = 1024; // below, a link's round trip says nothing of our uplink

double seconds(Time time) {
  return std::chrono::duration<double>(time).count();
}

} // namespace

void AgeingMinimum::add(Time value, Time now) {
  if (now - since_ >= memory) {
    before_ = now - since_ >= 2 * memory ? Time::max() : current_;
    current_ = Time::max();
    since_ = now;
  }
  current_ = std::min(current_, value);
}

void UploadPace::set_rate(double rate) {
  rate_ = std::min(std::max(rate, std::min(least_rate, cap_)), cap_);
}

void UploadPace::set_cap(std::int64_t bytes_per_second, Time now) {
  refill(now);
  cap_ = bytes_per_second < 0 ? uncapped : static_cast<double>(bytes_per_second);
  if (cap_ <= 0) {
    rate_ = 0;
    return;
  }
  set_rate(rate_ > 0 ? rate_ : first_rate);
  if (!rate_known_)
    tokens_ = depth();
  rate_known_ = true;
}

// A burst: enough for a first part of a piece, little to a line as fast as the rate.
double UploadPace::depth() const {
  return std::min(rate_ * 0.5, std::max(queue_least, rate_ * 0.05));
}

void UploadPace::refill(Time now) {
  tokens_ = std::min(tokens_ + rate_ * seconds(now - refilled_), depth());
  refilled_ = now;
}

bool UploadPace::ready(Time now) {
  refill(now);
  return rate_ > 0 && tokens_ > 0;
}

Time UploadPace::ready_at(Time now) {
  refill(now);
  if (tokens_ > 0 || rate_ <= 0)
    return now;
  return now + std::chrono::duration_cast<Time>(std::chrono::duration<double>(-tokens_ / rate_)) +
         1us;
}

void UploadPace::sent(UploadLink link, std::uint32_t bytes, Time now) {
  refill(now);
  tokens_ -= bytes;
  limited_ = limited_ || tokens_ <= 0;
  Line& line = lines_[link];
  if (line.queued == 0)
    line.progress = now;
  line.sent += bytes;
  line.queued += bytes;
  line.unsent += bytes;
  weigh(line, now);
  line.weight += bytes;
}

void UploadPace::forget(UploadLink link) {
  lines_.erase(link);
}

void UploadPace::weigh(Line& line, Time now) {
  line.weight *= std::exp(-seconds(now - line.weighed));
  line.weighed = now;
}

void UploadPace::line(UploadLink link, std::uint64_t queued, std::uint64_t unsent, Time round_trip,
                      Time now) {
  const auto it = lines_.find(link);
  if (it == lines_.end())
    return;
  Line& line = it->second;
  line.queued = queued;
  line.unsent = unsent;
  const std::uint64_t taken = line.sent - std::min(line.sent, queued);
  if (taken > line.taken || queued == 0) {
    taken_ += taken - std::min(taken, line.taken);
    line.taken = std::max(line.taken, taken);
    line.progress = line.measured = now;
  }
  if (round_trip > 0ns)
    measure(line, round_trip, now);
  control(now);
}

// What is told is smoothed with a gain of 1/8 (RFC 9260, section 6.3.1) and so tells of a queue,
// and of its end, many packets late; what it has moved by gives back the sample.
void UploadPace::measure(Line& line, Time smoothed, Time now) {
  if (line.smoothed == smoothed)
    return;
  const Time sample =
      line.smoothed > 0ns ? line.smoothed + 8 * (smoothed - line.smoothed) : smoothed;
  line.smoothed = smoothed;
  line.measured = now;
  line.least.add(smoothed, now);
  line.round_trip = std::max(sample, line.least.get());
}

bool UploadPace::full(UploadLink link) const {
  const auto it = lines_.find(link);
  if (it == lines_.end())
    return false;
  const Line& line = it->second;
  return line.unsent >= unsent_most ||
         static_cast<double>(line.queued) >= std::max(rate_ * seconds(queue_time), queue_least);
}

bool UploadPace::stuck(UploadLink link, Time now) const {
  return full(link) && now - lines_.at(link).progress >= stuck_after;
}

Time UploadPace::look_at(UploadLink link, Time now) const {
  const auto it = lines_.find(link);
  if (it == lines_.end())
    return now + look_least;
  return now + std::clamp((now - it->second.progress) / 4, look_least, look_most);
}

// The links are put in order of how far their round trip is over its minimum; the one at which half
// of the bytes of the last second are reached speaks for all. A full uplink delays every link, so
// that one too; a single far-off peer whose own line varies is outvoted as soon as others are given
// as much.
std::optional<UploadPace::Signal> UploadPace::signal(Time now) {
  struct Vote {
    Signal signal;
    double weight;
  };
  std::vector<Vote> votes;
  double all = 0;
  for (auto& [link, line] : lines_) {
    weigh(line, now);
    // What was measured of a packet that went before the last halving says nothing of what came of
    // it.
    if (line.round_trip <= 0ns || line.weight < weight_least ||
        line.measured - line.round_trip < halved_)
      continue;
    votes.push_back({{line.round_trip - line.least.get(), line.round_trip}, line.weight});
    all += line.weight;
  }
  std::sort(votes.begin(), votes.end(),
            [](const Vote& a, const Vote& b) { return a.signal.excess < b.signal.excess; });
  double reached = 0;
  for (const Vote& vote : votes) {
    reached += vote.weight;
    if (reached * 2 >= all)
      return vote.signal;
  }
  return std::nullopt;
}

void UploadPace::control(Time now) {
  if (rate_ <= 0 || now - controlled_ < control_least)
    return;
  const std::optional<Signal> line = signal(now);
  if (!line) {
    controlled_ = now;
    taken_ = 0;
    limited_ = false;
    return;
  }
  const Time span = now - controlled_;
  if (line->excess > calm)
    starting_ = false;
  if (line->excess > congested) {
    // What lies in the line must drain before a round trip says whether that was enough.
    halved_ = now + line->excess;
    set_rate(rate_ / 2);
  } else if (line->excess <= calm && span >= line->round_trip && limited_) {
    if (taken_ == 0)
      return; // until something is known of what gets through
    // No faster than twice what gets through: the round trip tells of a queue too late.
    const double through = static_cast<double>(taken_) / seconds(span);
    const double wanted =
        starting_ ? std::max(2 * rate_, through) : rate_ + std::max(rate_ * growth, least_growth);
    set_rate(std::max(rate_, std::min(wanted, 2 * through)));
  } else if (span < line->round_trip) {
    return;
  }
  controlled_ = now;
  taken_ = 0;
  limited_ = false;
}

} // namespace triad
