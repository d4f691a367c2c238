// SPDX-License-Identifier: LGPL-2.1-or-later
// Listens at an audio sink's pad: when each track's first sound came, and how late what followed.
//
// Lateness is a decoded buffer's arrival against its running time, on the pipeline's clock. A stall
// begins with a buffer that is more than 20 ms late and ends with one that is in time; it lasted as
// long as its latest buffer was late. The first 200 ms after a start or a seek do not count.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <queue>

namespace triad::tool {

struct SinkMeasure {
  std::optional<GstClockTime> start; // wait for the first buffer; absent: none came
  std::optional<GstClockTime> duration;
  std::uint64_t stalls = 0;
  GstClockTime stalled = 0;
};

// Any thread.
class SinkMeter {
public:
  // `in_time`: the sinks play in real time; else nothing counts as late.
  explicit SinkMeter(bool in_time);
  ~SinkMeter();
  SinkMeter(const SinkMeter&) = delete;
  SinkMeter& operator=(const SinkMeter&) = delete;

  // A new pipeline is about to start with `track`; `sink`, which the meter keeps, is its. Nothing
  // plays into the one before any more. `since`: wall clock, what the measure's `start` counts
  // from.
  void start(GstElement* sink, std::size_t track, GstClockTime since);
  // `track` follows in the same pipeline; where it begins is heard at the pad.
  void queue(std::size_t track);

  // The track that sounds, or sounded last.
  [[nodiscard]] std::size_t current() const;
  // What came last was played to its end, and nothing new came for so long.
  [[nodiscard]] bool drained(GstClockTime silence) const;
  // Nothing has come since the start, for so long.
  [[nodiscard]] bool mute(GstClockTime silence) const;
  // Wall clock, of the end of what came last: when it is played or, where nothing is in time, when
  // it came.
  [[nodiscard]] GstClockTime last_sample() const;
  // Empty: it has not begun.
  [[nodiscard]] std::optional<SinkMeasure> measure(std::size_t track) const;

private:
  static GstPadProbeReturn on_data(GstPad* pad, GstPadProbeInfo* info, gpointer self);
  void on_buffer(GstBuffer* buffer);
  void on_event(GstEvent* event);
  void next_track();
  void finish_track();
  void leave_sink();
  [[nodiscard]] GstClockTime end_of_last() const; // lock_ held
  void judge(GstClockTime running, GstClockTime now);

  GstElement* sink_ = nullptr;
  GstPad* pad_ = nullptr;
  gulong probe_ = 0;
  const bool in_time_;

  mutable std::mutex lock_;
  std::map<std::size_t, SinkMeasure> measures_;
  std::queue<std::size_t> queued_;
  std::size_t current_ = 0;
  std::optional<guint> group_; // of the current track's streams
  GstSegment segment_;
  GstClockTime reference_ = 0;                     // what `start` counts from, wall clock
  GstClockTime started_ = 0;                       // wall clock
  GstClockTime last_arrival_ = 0;                  // wall clock
  GstClockTime last_end_ = 0;                      // running time
  GstClockTime last_position_ = 0;                 // stream time of the end of what came last
  GstClockTime heard_since_ = GST_CLOCK_TIME_NONE; // wall clock, of the start or seek
  GstClockTime worst_ = 0; // lateness within the stall that goes on; 0: none
};

} // namespace triad::tool
