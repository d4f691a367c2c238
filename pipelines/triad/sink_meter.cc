// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sink_meter.h"

#include <algorithm>
#include <utility>

namespace triad::tool {
namespace {

constexpr GstClockTime late = 20 * GST_MSECOND;
constexpr GstClockTime settling = 200 * GST_MSECOND;

} // namespace

SinkMeter::SinkMeter(bool in_time) : in_time_(in_time) {
  gst_segment_init(&segment_, GST_FORMAT_TIME);
}

SinkMeter::~SinkMeter() {
  leave_sink();
}

void SinkMeter::leave_sink() {
  if (sink_) {
    gst_pad_remove_probe(pad_, probe_);
    gst_clear_object(&pad_);
    gst_clear_object(&sink_);
  }
}

void SinkMeter::start(GstElement* sink, std::size_t track, GstClockTime since) {
  {
    const std::lock_guard guard(lock_);
    reference_ = since;
    started_ = gst_util_get_timestamp();
    queued_ = {};
    current_ = track;
    group_.reset();
    measures_[track] = {};
    last_arrival_ = 0;
    last_end_ = 0;
    last_position_ = 0;
    heard_since_ = GST_CLOCK_TIME_NONE;
    worst_ = 0;
    gst_segment_init(&segment_, GST_FORMAT_TIME);
  }
  leave_sink();
  sink_ = GST_ELEMENT(gst_object_ref(sink));
  pad_ = gst_element_get_static_pad(sink, "sink");
  probe_ = gst_pad_add_probe(pad_,
                             static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER |
                                                          GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
                                                          GST_PAD_PROBE_TYPE_EVENT_FLUSH),
                             on_data, this, nullptr);
}

void SinkMeter::queue(std::size_t track) {
  const std::lock_guard guard(lock_);
  queued_.push(track);
}

std::size_t SinkMeter::current() const {
  const std::lock_guard guard(lock_);
  return current_;
}

bool SinkMeter::drained(GstClockTime silence) const {
  const GstClockTime running = gst_element_get_current_running_time(sink_);
  const std::lock_guard guard(lock_);
  const bool played = !in_time_ || (GST_CLOCK_TIME_IS_VALID(running) && running > last_end_);
  return played && gst_util_get_timestamp() > std::max(last_arrival_, reference_) + silence;
}

bool SinkMeter::mute(GstClockTime silence) const {
  const std::lock_guard guard(lock_);
  return last_arrival_ == 0 && gst_util_get_timestamp() > started_ + silence;
}

std::optional<SinkMeasure> SinkMeter::measure(std::size_t track) const {
  const std::lock_guard guard(lock_);
  const auto found = measures_.find(track);
  return found == measures_.end() ? std::nullopt : std::optional(found->second);
}

GstPadProbeReturn SinkMeter::on_data(GstPad*, GstPadProbeInfo* info, gpointer self) {
  auto* meter = static_cast<SinkMeter*>(self);
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
    meter->on_buffer(GST_PAD_PROBE_INFO_BUFFER(info));
  } else {
    meter->on_event(GST_PAD_PROBE_INFO_EVENT(info));
  }
  return GST_PAD_PROBE_OK;
}

void SinkMeter::on_event(GstEvent* event) {
  const std::lock_guard guard(lock_);
  switch (GST_EVENT_TYPE(event)) {
  case GST_EVENT_STREAM_START: {
    // A chained stream within one track keeps its group.
    guint group = GST_GROUP_ID_INVALID;
    gst_event_parse_group_id(event, &group);
    if (group_ && *group_ != group && !queued_.empty()) {
      next_track();
    }
    group_ = group;
    break;
  }
  case GST_EVENT_SEGMENT:
    gst_event_copy_segment(event, &segment_);
    break;
  case GST_EVENT_EOS:
    finish_track();
    break;
  case GST_EVENT_FLUSH_STOP:
    gst_segment_init(&segment_, GST_FORMAT_TIME);
    heard_since_ = GST_CLOCK_TIME_NONE;
    worst_ = 0;
    last_position_ = 0; // a seek beyond the end plays nothing more
    break;
  default:
    break;
  }
}

// Played to its end: now it is known for sure how long it was, where it was estimated before.
void SinkMeter::finish_track() {
  if (last_position_ != 0) {
    measures_[current_].duration = std::exchange(last_position_, 0);
  }
}

GstClockTime SinkMeter::last_sample() const {
  const std::lock_guard guard(lock_);
  return end_of_last();
}

GstClockTime SinkMeter::end_of_last() const {
  if (last_arrival_ == 0) {
    return reference_;
  }
  if (in_time_ && sink_) {
    const GstClockTime now = gst_util_get_timestamp();
    const GstClockTime running = gst_element_get_current_running_time(sink_);
    if (GST_CLOCK_TIME_IS_VALID(running)) {
      return now + last_end_ > running ? now + last_end_ - running : 0;
    }
  }
  return last_arrival_;
}

// The track that begins is waited for from the last sample of the one before.
void SinkMeter::next_track() {
  reference_ = end_of_last();
  finish_track();
  current_ = queued_.front();
  queued_.pop();
  measures_[current_] = {};
  heard_since_ = GST_CLOCK_TIME_NONE;
  worst_ = 0;
}

void SinkMeter::on_buffer(GstBuffer* buffer) {
  const GstClockTime now = gst_util_get_timestamp();
  const GstClockTime position = GST_BUFFER_PTS(buffer);
  std::unique_lock guard(lock_);
  SinkMeasure& measure = measures_[current_];
  last_arrival_ = now;
  if (!measure.start) {
    measure.start = now > reference_ ? now - reference_ : 0;
  }
  if (!GST_CLOCK_TIME_IS_VALID(heard_since_)) {
    heard_since_ = now;
  }
  const GstClockTime running =
      segment_.format == GST_FORMAT_TIME
          ? gst_segment_to_running_time(&segment_, GST_FORMAT_TIME, position)
          : GST_CLOCK_TIME_NONE;
  if (GST_CLOCK_TIME_IS_VALID(running)) {
    const GstClockTime length =
        GST_BUFFER_DURATION_IS_VALID(buffer) ? GST_BUFFER_DURATION(buffer) : 0;
    last_end_ = running + length;
    last_position_ = gst_segment_to_stream_time(&segment_, GST_FORMAT_TIME, position) + length;
    judge(running, now);
  }
  if (!measure.duration) {
    const std::size_t track = current_;
    guard.unlock();
    gint64 duration = 0;
    if (gst_pad_peer_query_duration(pad_, GST_FORMAT_TIME, &duration) && duration > 0) {
      guard.lock();
      measures_[track].duration = static_cast<GstClockTime>(duration);
    }
  }
}

void SinkMeter::judge(GstClockTime running, GstClockTime now) {
  const GstClockTime clock = gst_element_get_current_running_time(sink_);
  if (!in_time_ || !GST_CLOCK_TIME_IS_VALID(clock) || now < heard_since_ + settling) {
    return;
  }
  const GstClockTime lateness = clock > running ? clock - running : 0;
  if (lateness <= late) {
    worst_ = 0;
    return;
  }
  SinkMeasure& measure = measures_[current_];
  measure.stalls += worst_ == 0 ? 1 : 0;
  measure.stalled += lateness > worst_ ? lateness - worst_ : 0;
  worst_ = std::max(worst_, lateness);
}

} // namespace triad::tool
