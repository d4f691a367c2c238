// SPDX-License-Identifier: LGPL-2.1-or-later
// A player at the end of a pipeline: reads ahead into its buffer, starts when it has enough, plays
// at its byte rate, seeks, stalls.
#pragma once

#include "kit/fake_clock.h"
#include "schedule/schedule.h"

#include <deque>
#include <optional>

namespace triad::kit {

// What a player plays from: a schedule, and the pieces that are there.
class PlayerHost {
public:
  virtual ~PlayerHost() = default;
  [[nodiscard]] virtual FakeClock& time() = 0;
  [[nodiscard]] virtual const Release& release() const = 0;
  [[nodiscard]] virtual Schedule& schedule() = 0;
  [[nodiscard]] virtual bool verified(PieceIndex piece) const = 0;
  virtual void tell(const ScheduleEvent& event) = 0;
};

class SimulatedPlayer {
public:
  struct Spec {
    FileIndex track;
    Purpose purpose = Purpose::play;
    double byte_rate = 40'000;
    double told_rate = 0;      // what the schedule is told; 0: the same
    bool wants_tail = false;   // visits the tail before it plays, as an Ogg demuxer
    bool whole_before = false; // reads all of it before it plays (M4A, index at the end)
    bool copy = false;         // no clock: reads as fast as it comes
    Duration buffer = std::chrono::seconds(10);        // how far it reads ahead
    Duration preroll = std::chrono::milliseconds(500); // needed to begin
    // An application that obeys BUFFERING: plays when the buffer is full, pauses when it is empty.
    bool obeys_buffering = false;
    std::optional<std::uint64_t> stop;
    std::optional<ReaderId> follows; // a prefetch reader: the player of the track before
  };

  SimulatedPlayer(PlayerHost& host, ReaderId id, const Spec& spec);

  void start();
  void seek(std::uint64_t offset, std::optional<std::uint64_t> stop = std::nullopt);
  void pause();
  void play();
  void leave();
  void on_piece(); // more may be there to read

  [[nodiscard]] ReaderId id() const { return id_; }
  [[nodiscard]] const Spec& spec() const { return spec_; }
  [[nodiscard]] std::uint64_t position() const { return static_cast<std::uint64_t>(played_); }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] bool playing() const { return state_ == State::playing; }
  [[nodiscard]] bool paused() const { return state_ == State::paused; }
  [[nodiscard]] std::optional<std::uint64_t> waits() const { return waits_; }
  // From start or seek to the first sound; absent while there is none.
  [[nodiscard]] std::optional<Duration> start_delay() const { return start_delay_; }
  [[nodiscard]] int stalls() const { return stalls_; }
  [[nodiscard]] Duration stalled() const { return stalled_; }

private:
  enum class State { prerolling, playing, buffering, paused };
  void tick();
  void advance(); // plays what time has passed
  void read();
  void wait_for(std::optional<std::uint64_t> offset);
  void begin_if_ready();
  [[nodiscard]] std::uint64_t end() const;
  [[nodiscard]] std::uint64_t capacity() const;
  // Bytes that are there from `from` on without a gap, before `to`.
  [[nodiscard]] std::uint64_t there(std::uint64_t from, std::uint64_t to) const;

  PlayerHost& host_;
  ReaderId id_;
  Spec spec_;
  State state_ = State::prerolling;
  std::deque<ByteRange> probes_; // what the demuxer looks at before it plays
  std::optional<std::uint64_t> stop_;
  std::uint64_t start_ = 0;
  std::uint64_t read_ = 0; // next byte to read
  double played_ = 0;      // next byte to hear
  std::optional<std::uint64_t> waits_;
  std::optional<Duration> running_time_;
  Time last_{0};
  Time started_{0};
  std::optional<Duration> start_delay_;
  int stalls_ = 0;
  bool dry_ = false;
  Duration stalled_{0};
  bool ended_ = false;
  bool gone_ = false;
};

} // namespace triad::kit
