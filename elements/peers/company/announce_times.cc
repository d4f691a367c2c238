// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/company/announce_times.h"

#include <algorithm>

namespace triad::trackers {

void AnnounceTimes::on_connected(Time now) {
  due_ = now;
  waiting_since_.reset();
  interval_ = usual_interval;
  refused_interval_ = refused_interval;
  started_said_ = false;
}

void AnnounceTimes::on_disconnected() {
  due_.reset();
  waiting_since_.reset();
  started_said_ = false;
}

void AnnounceTimes::on_left(bool complete, Time now) {
  if (complete == complete_)
    return;
  complete_ = complete;
  tell_completed_ = complete;
  if (complete && due_)
    due_ = std::min(*due_, now);
}

void AnnounceTimes::on_reply(std::uint32_t interval_seconds, Time now) {
  waiting_since_.reset();
  refused_interval_ = refused_interval;
  interval_ = interval_seconds == 0 ? usual_interval
                                    : std::clamp(Time(std::chrono::seconds(interval_seconds)),
                                                 shortest_interval, longest_interval);
  // What is due already has its own reason: "started" or "completed".
  if (due_ && *due_ > now)
    due_ = now + interval_;
}

void AnnounceTimes::on_refusal(Time now) {
  waiting_since_.reset();
  if (!due_)
    return;
  due_ = now + refused_interval_;
  refused_interval_ = std::min(refused_interval_ * 2, longest_interval);
}

signal::Event AnnounceTimes::announce(Time now) {
  if (!waiting_since_)
    waiting_since_ = now;
  due_ = now + interval_;
  if (!started_said_) {
    started_said_ = true;
    if (tell_completed_)
      due_ = now; // the connection was away when it happened
    return signal::Event::started;
  }
  if (tell_completed_) {
    tell_completed_ = false;
    return signal::Event::completed;
  }
  return signal::Event::none;
}

} // namespace triad::trackers
