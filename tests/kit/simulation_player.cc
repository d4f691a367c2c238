// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kit/simulation_player.h"

#include <algorithm>

namespace triad::kit {
namespace {

using namespace std::chrono_literals;

constexpr Duration tick_time = 250ms;
constexpr std::uint64_t probe_head = 8 * 1024, probe_tail = 131'072;
// The buffer's fill at which an application that obeys BUFFERING pauses.
constexpr double low_watermark = 0.1;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

} // namespace

SimulatedPlayer::SimulatedPlayer(PlayerHost& host, ReaderId id, const Spec& spec)
    : host_(host), id_(id), spec_(spec), stop_(spec.stop) {}

std::uint64_t SimulatedPlayer::end() const {
  const std::uint64_t length = host_.release().file(spec_.track).length;
  return std::min(stop_.value_or(length), length);
}

std::uint64_t SimulatedPlayer::capacity() const {
  if (spec_.copy || (spec_.whole_before && state_ == State::prerolling))
    return end();
  return static_cast<std::uint64_t>(seconds(spec_.buffer) * spec_.byte_rate);
}

void SimulatedPlayer::start() {
  ReaderAdded added{id_, spec_.track};
  added.purpose = spec_.purpose;
  added.byte_rate = spec_.told_rate > 0 ? spec_.told_rate : spec_.byte_rate;
  added.wants_tail = spec_.wants_tail;
  added.copy = spec_.copy;
  started_ = last_ = host_.time().now();
  host_.tell(added);
  if (spec_.purpose == Purpose::play) {
    if (spec_.wants_tail) {
      probes_.push_back({0, std::min(probe_head, end())});
      probes_.push_back({end() - std::min(probe_tail, end()), end()});
    }
    host_.tell(ReaderSought{id_, 0, stop_});
    read();
  }
  tick();
}

void SimulatedPlayer::seek(std::uint64_t offset, std::optional<std::uint64_t> stop) {
  advance();
  stop_ = stop;
  start_ = read_ = offset;
  played_ = static_cast<double>(offset);
  probes_.clear();
  state_ = State::prerolling;
  ended_ = dry_ = false;
  started_ = host_.time().now();
  start_delay_.reset();
  waits_.reset();
  host_.tell(ReaderSought{id_, offset, stop});
  read();
}

void SimulatedPlayer::pause() {
  advance();
  state_ = State::paused;
}

void SimulatedPlayer::play() {
  last_ = host_.time().now();
  state_ = State::playing;
}

void SimulatedPlayer::leave() {
  gone_ = true;
  host_.tell(ReaderRemoved{id_});
}

void SimulatedPlayer::on_piece() {
  if (gone_ || spec_.purpose == Purpose::prefetch)
    return;
  advance();
  read();
}

void SimulatedPlayer::tick() {
  if (gone_)
    return;
  if (spec_.purpose == Purpose::prefetch) {
    host_.tell(OutlookChanged{id_, host_.schedule().outlook(*spec_.follows, host_.time().now())});
  } else {
    advance();
    if (!spec_.copy)
      host_.tell(RunningTime{id_, running_time_});
    read();
  }
  host_.time().after(tick_time, [this] { tick(); });
}

void SimulatedPlayer::advance() {
  const Time now = host_.time().now();
  const Duration passed = now - last_;
  last_ = now;
  if (ended_)
    return;
  if (state_ == State::prerolling && running_time_)
    *running_time_ +=
        passed; // after a flushing seek the clock is only set back when it plays again
  if (state_ == State::buffering)
    stalled_ += passed;
  if (state_ != State::playing)
    return;
  *running_time_ += passed;
  played_ += seconds(passed) * spec_.byte_rate;
  const double missing = played_ - static_cast<double>(read_);
  const bool at_end = read_ >= end();
  if (at_end && missing >= 0) {
    ended_ = true;
    played_ = static_cast<double>(end());
    return;
  }
  const bool low = -missing < low_watermark * static_cast<double>(capacity()) && !at_end;
  if (spec_.obeys_buffering && low) {
    state_ = State::buffering;
    played_ = std::min(played_, static_cast<double>(read_));
    ++stalls_;
  } else if (!spec_.obeys_buffering && missing > 0) {
    stalled_ += std::min(passed, std::chrono::duration_cast<Duration>(
                                     std::chrono::duration<double>(missing / spec_.byte_rate)));
    stalls_ += dry_ ? 0 : 1;
    dry_ = true;
  } else {
    dry_ = false;
  }
}

std::uint64_t SimulatedPlayer::there(std::uint64_t from, std::uint64_t to) const {
  const Release& release = host_.release();
  const std::uint64_t base = release.file(spec_.track).offset;
  std::uint64_t at = from;
  while (at < to) {
    const PieceIndex piece = release.piece_at(base + at);
    if (!host_.verified(piece))
      break;
    at = std::min(to, release.piece_range(piece).end - base);
  }
  return at - from;
}

void SimulatedPlayer::wait_for(std::optional<std::uint64_t> offset) {
  if (waits_ == offset)
    return;
  waits_ = offset;
  host_.tell(ReaderWaits{id_, offset});
}

void SimulatedPlayer::read() {
  while (!probes_.empty()) {
    ByteRange& probe = probes_.front();
    probe.begin += there(probe.begin, probe.end);
    if (!probe.empty()) {
      wait_for(probe.begin);
      return;
    }
    wait_for(std::nullopt);
    probes_.pop_front();
    host_.tell(ReaderSought{id_, probes_.empty() ? start_ : probes_.front().begin, stop_});
    waits_.reset();
  }
  const std::uint64_t limit =
      std::min(end(), std::max(static_cast<std::uint64_t>(played_), start_) + capacity());
  if (read_ < limit)
    read_ += there(read_, limit);
  wait_for(read_ < limit ? std::optional(read_) : std::nullopt);
  if (spec_.copy && read_ >= end())
    ended_ = true;
  begin_if_ready();
}

void SimulatedPlayer::begin_if_ready() {
  if (spec_.copy || (state_ != State::prerolling && state_ != State::buffering))
    return;
  std::uint64_t need = static_cast<std::uint64_t>(seconds(spec_.preroll) * spec_.byte_rate);
  if (spec_.obeys_buffering)
    need = capacity();
  if (spec_.whole_before && state_ == State::prerolling)
    need = end();
  if (read_ < std::min(end(), static_cast<std::uint64_t>(played_) + need))
    return;
  if (state_ == State::prerolling) {
    start_delay_ = host_.time().now() - started_;
    running_time_ = 0ns;
  }
  state_ = State::playing;
}

} // namespace triad::kit
