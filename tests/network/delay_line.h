// SPDX-License-Identifier: LGPL-2.1-or-later
// One direction of a slow link: packets go in, and come out later, fewer or not at all.
//
// Pure: the time is an argument, chance a seeded generator. Order is kept.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <random>
#include <vector>

namespace triad {

class DelayLine {
public:
  using Duration = std::chrono::nanoseconds;
  // Since any fixed moment.
  using Time = std::chrono::nanoseconds;
  using Packet = std::vector<char>;

  struct Settings {
    Duration delay{};
    Duration jitter{};                     // up to this much more, evenly distributed
    double loss = 0;                       // 0 to 1, of packets
    double bytes_per_second = 0;           // 0: no limit
    std::size_t queue_bytes = 4096 * 1024; // what may wait for the rate; more is dropped
  };

  DelayLine(const Settings& settings, unsigned seed);

  void push(Packet packet, Time now);
  // When the next packet comes out; none if the line is empty.
  [[nodiscard]] std::optional<Time> next() const;
  // The packets that are due, in order, one a call.
  [[nodiscard]] std::optional<Packet> pop(Time now);

private:
  struct Waiting {
    Time sent; // when its last byte is on the wire
    Time due;
    Packet packet;
  };

  [[nodiscard]] std::size_t queued(Time now);

  Settings settings_;
  std::mt19937 random_;
  std::deque<Waiting> line_;
  // Packets before this index in line_ are on the wire already; the rest wait for the rate.
  std::size_t sent_ = 0;
  std::size_t queued_bytes_ = 0;
  Time wire_free_{};
};

} // namespace triad
