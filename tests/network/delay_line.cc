// SPDX-License-Identifier: LGPL-2.1-or-later
// One direction of a slow link.
#include "network/delay_line.h"

#include <algorithm>
#include <utility>

namespace triad {

DelayLine::DelayLine(const Settings& settings, unsigned seed)
    : settings_(settings), random_(seed) {}

void DelayLine::push(Packet packet, Time now) {
  if (std::bernoulli_distribution(settings_.loss)(random_))
    return;
  Time sent = now;
  if (settings_.bytes_per_second > 0) {
    if (queued(now) + packet.size() > settings_.queue_bytes)
      return;
    const std::chrono::duration<double> takes{static_cast<double>(packet.size()) /
                                              settings_.bytes_per_second};
    sent = std::max(wire_free_, now) + std::chrono::duration_cast<Duration>(takes);
    wire_free_ = sent;
  }
  Time due = sent + settings_.delay;
  if (settings_.jitter > Duration::zero())
    due += Duration{
        std::uniform_int_distribution<Duration::rep>(0, settings_.jitter.count())(random_)};
  if (!line_.empty())
    due = std::max(due, line_.back().due);
  queued_bytes_ += packet.size();
  line_.push_back(Waiting{sent, due, std::move(packet)});
}

std::size_t DelayLine::queued(Time now) {
  for (; sent_ < line_.size() && line_[sent_].sent <= now; ++sent_)
    queued_bytes_ -= line_[sent_].packet.size();
  return queued_bytes_;
}

std::optional<DelayLine::Time> DelayLine::next() const {
  return line_.empty() ? std::nullopt : std::optional{line_.front().due};
}

std::optional<DelayLine::Packet> DelayLine::pop(Time now) {
  if (line_.empty() || line_.front().due > now)
    return std::nullopt;
  if (sent_ > 0)
    --sent_;
  else
    queued_bytes_ -= line_.front().packet.size();
  Packet packet = std::move(line_.front().packet);
  line_.pop_front();
  return packet;
}

} // namespace triad
