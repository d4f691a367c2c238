// SPDX-License-Identifier: LGPL-2.1-or-later
// What is believed of a supplier.
#include "schedule/estimate.h"

#include "schedule/rules.h"

#include <algorithm>
#include <cmath>

namespace triad {
namespace {

using namespace std::chrono_literals;

// Bytes are counted over spans of at least this: a burst says little of a rate.
constexpr Duration sample_span = 100ms;
// A sample weighs by its span against this.
constexpr double rate_memory = 2.0; // seconds
constexpr Duration least_deviation = 20ms;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

} // namespace

void MeanDeviation::add(Duration sample) {
  if (!measured_) {
    measured_ = true;
    mean_ = sample;
    deviation_ = std::chrono::abs(sample) / 2;
    return;
  }
  const Duration error = sample - mean_;
  mean_ += error / 8;
  deviation_ += (std::chrono::abs(error) - deviation_) / 4;
}

Estimate::Estimate(double rate, Duration delay)
    : rate_(std::max(rate, 1.0)), initial_delay_(delay) {}

void Estimate::asked(Time now, bool idle) {
  if (!idle && busy_)
    return;
  busy_ = true;
  answered_ = false;
  asked_at_ = heard_at_ = mark_ = now;
  unsampled_ = 0;
}

void Estimate::received(std::uint64_t bytes, Time now, bool drained) {
  if (!busy_)
    return; // not asked for: says nothing
  if (!answered_) {
    answered_ = true;
    delay_.add(now - asked_at_);
    mark_ = now; // the first bytes' time is delay, not rate
    if (drained && now > asked_at_)
      rate_ = std::max(rate_, static_cast<double>(bytes) / seconds(now - asked_at_));
  } else {
    unsampled_ += bytes;
    const Duration span = now - mark_;
    if (span >= sample_span || (drained && span >= sample_span / 4)) {
      sample(static_cast<double>(unsampled_) / seconds(span), span);
      mark_ = now;
      unsampled_ = 0;
    }
  }
  heard_at_ = now;
  busy_ = !drained;
}

void Estimate::sample(double rate, Duration span) {
  const double weight = rate_measured_ ? 1 - std::exp(-seconds(span) / rate_memory) : 1;
  rate_ = std::max(rate_ + weight * (rate - rate_), 1.0);
  rate_measured_ = true;
}

void Estimate::arrived(Time predicted, Time actual) {
  lateness_.add(actual - predicted);
}

void Estimate::abandoned(Time now) {
  if (silence(now) >= rules::quiet) {
    rate_ = rate(now);
    rate_measured_ = false; // the next sample is believed at once
  }
  busy_ = false;
}

Duration Estimate::silence(Time now) const {
  return busy_ ? std::max(now - heard_at_ - (answered_ ? 0ns : delay()), Duration{0}) : 0ns;
}

double Estimate::rate(Time now) const {
  const Duration silent = silence(now);
  return silent > 0ns ? std::min(rate_, block_size / seconds(silent)) : rate_;
}

Duration Estimate::delay() const {
  return delay_.measured() ? delay_.mean() : initial_delay_;
}

Duration Estimate::tolerance() const {
  if (!lateness_.measured())
    return delay() + rules::margin;
  const Duration deviation = std::max(lateness_.deviation(), least_deviation);
  return std::max(lateness_.mean(), Duration{0}) +
         std::chrono::duration_cast<Duration>(deviation * rules::late_deviations);
}

} // namespace triad
