// SPDX-License-Identifier: LGPL-2.1-or-later
// When one release is announced to one tracker, and as which event (BEP 3). Pure: the time comes
// in.
#pragma once

#include "peers/signal/requests.h"

#include <chrono>
#include <cstdint>
#include <optional>

namespace triad::trackers {

class AnnounceTimes {
public:
  using Time = std::chrono::nanoseconds; // of any steady clock
  static constexpr Time shortest_interval = std::chrono::seconds(10),
                        longest_interval = std::chrono::minutes(30),
                        usual_interval = std::chrono::minutes(2); // if the tracker says none
  // After the first refusal; doubles with each further one.
  static constexpr Time refused_interval = std::chrono::minutes(1);

  // `complete`: nothing is left to fetch, so that there is no "completed" to tell.
  explicit AnnounceTimes(bool complete) : complete_(complete) {}

  // A connection begins: the tracker knows nothing of us. "started" is due.
  void on_connected(Time now);
  void on_disconnected();
  // Nothing is left any more: "completed" is due, once, after "started". Or something is left
  // again.
  void on_left(bool complete, Time now);
  // A reply to an announce, or one unasked for (the operator's dial): its interval counts from now.
  void on_reply(std::uint32_t interval_seconds, Time now);
  // The tracker will not serve the release, or not now.
  void on_refusal(Time now);

  // When the next announce is due; empty while there is no connection.
  [[nodiscard]] std::optional<Time> due() const { return due_; }
  // An announce is being sent, because it is due or for its offers: as which event. Call it only
  // with a connection.
  [[nodiscard]] signal::Event announce(Time now);
  // Whether the tracker has been told of us on this connection.
  [[nodiscard]] bool announced() const { return started_said_; }
  // Since when an announce has been waiting for its reply.
  [[nodiscard]] std::optional<Time> waiting_since() const { return waiting_since_; }

private:
  std::optional<Time> due_, waiting_since_;
  Time interval_ = usual_interval;
  Time refused_interval_ = refused_interval;
  bool complete_;
  bool started_said_ = false;
  bool tell_completed_ = false; // it happened, and the tracker has not been told
};

} // namespace triad::trackers
