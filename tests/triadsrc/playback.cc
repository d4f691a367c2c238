// SPDX-License-Identifier: LGPL-2.1-or-later
// Whole pipelines around a URI.
#include "playback.h"

#include <gst/app/gstappsink.h>

#include <atomic>
#include <stdexcept>

namespace triad::test {
namespace {

constexpr GstClockTime patience = 30 * GST_SECOND;
constexpr GstClockTime preroll_patience = 5 * GST_SECOND; // loopback takes milliseconds
constexpr int audio_flag = 1 << 1;                        // GstPlayFlags

GstElement* parse(const std::string& line, bool as_bin) {
  GError* error = nullptr;
  GstElement* element =
      as_bin ? gst_parse_bin_from_description_full(line.c_str(), TRUE, nullptr,
                                                   GST_PARSE_FLAG_FATAL_ERRORS, &error)
             : gst_parse_launch_full(line.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &error);
  if (!element) {
    const std::string reason = error ? error->message : line;
    g_clear_error(&error);
    throw std::runtime_error(reason);
  }
  return element;
}

// The text of the next ERROR message; empty if there is none now.
std::string pop_error(GstElement* pipeline, bool& segment_done) {
  const GstPtr<GstBus> bus(gst_element_get_bus(pipeline));
  while (const MessagePtr message{gst_bus_pop(bus.get())}) {
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_SEGMENT_DONE)
      segment_done = true;
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
      const ParsedError parsed = parse_error_message(message.get());
      return std::string(parsed.error->message) + " | " + parsed.debug;
    }
  }
  return "";
}

void keep(Decoded& decoded, GstSample* sample) {
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  if (decoded.samples.empty())
    decoded.first_time = gst_segment_to_stream_time(gst_sample_get_segment(sample), GST_FORMAT_TIME,
                                                    GST_BUFFER_PTS(buffer));
  const std::size_t before = decoded.samples.size();
  decoded.samples.resize(before + gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, decoded.samples.data() + before, decoded.samples.size() - before);
}

// Plays a little until duration and seekability are known.
bool settle(GstElement* pipeline, GstAppSink* sink) {
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  for (int pulled = 0; pulled < 100; ++pulled) {
    GstSample* sample = gst_app_sink_try_pull_sample(sink, GST_SECOND);
    if (!sample)
      return false;
    gst_sample_unref(sample);
    GstQuery* query = gst_query_new_seeking(GST_FORMAT_TIME);
    gboolean seekable = FALSE;
    gint64 end = -1;
    if (gst_element_query(pipeline, query))
      gst_query_parse_seeking(query, nullptr, &seekable, nullptr, &end);
    gst_query_unref(query);
    if (pulled > 10 && seekable && end > 0)
      return true;
  }
  return false;
}

} // namespace

Player make_player(const std::string& bin, const std::string& uri, const std::string& sink_line) {
  if (bin.starts_with("playbin")) {
    Player player{PipelinePtr(gst_element_factory_make(bin.c_str(), nullptr)), nullptr};
    if (!player.pipeline)
      throw std::runtime_error("there is no " + bin);
    GstElement* sink = parse(sink_line, true);
    player.sink.reset(gst_bin_get_by_name(GST_BIN(sink), "out"));
    g_object_set(player.pipeline.get(), "uri", uri.c_str(), "flags", audio_flag, "audio-sink", sink,
                 nullptr);
    return player;
  }
  Player player{
      PipelinePtr(parse(bin + " uri=\"" + uri + "\" ! audioconvert ! " + sink_line, false)),
      nullptr};
  player.sink.reset(gst_bin_get_by_name(GST_BIN(player.pipeline.get()), "out"));
  return player;
}

Decoded decode(const std::string& bin, const std::string& uri,
               const std::optional<SeekSpec>& seek) {
  const auto [player, sink] = make_player(
      bin, uri, "appsink name=out sync=false max-buffers=50 caps=audio/x-raw,format=F32LE");
  // A segment ends at the sink later than the message says that it ended at the demuxer.
  std::atomic<bool> segment_at_sink = false;
  const GstPtr<GstPad> pad(gst_element_get_static_pad(sink.get(), "sink"));
  gst_pad_add_probe(
      pad.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      [](GstPad*, GstPadProbeInfo* info, gpointer seen) {
        if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_SEGMENT_DONE)
          *static_cast<std::atomic<bool>*>(seen) = true;
        return GST_PAD_PROBE_OK;
      },
      &segment_at_sink, nullptr);
  Decoded decoded;
  gst_element_set_state(player.get(), GST_STATE_PAUSED);
  GstElement* pipeline = player.get();
  const auto prerolled = [&decoded, pipeline] {
    const GstStateChangeReturn change =
        gst_element_get_state(pipeline, nullptr, nullptr, preroll_patience);
    if (change == GST_STATE_CHANGE_SUCCESS)
      return true;
    decoded.error = pop_error(pipeline, decoded.segment_done);
    if (decoded.error.empty())
      decoded.error = "no preroll";
    return false;
  };
  if (!prerolled())
    return decoded;
  gst_element_query_duration(player.get(), GST_FORMAT_TIME, &decoded.duration);
  if (seek) {
    // In push mode oggdemux looks for the duration with seeks of its own, and a seek of the
    // application's into these ends anywhere, whatever the source.
    if (!settle(pipeline, GST_APP_SINK(sink.get()))) {
      decoded.error = "not seekable";
      return decoded;
    }
    decoded.seek_accepted =
        gst_element_seek(player.get(), seek->rate, GST_FORMAT_TIME,
                         static_cast<GstSeekFlags>(seek->flags), GST_SEEK_TYPE_SET, seek->start,
                         seek->stop < 0 ? GST_SEEK_TYPE_NONE : GST_SEEK_TYPE_SET, seek->stop);
    if (!decoded.seek_accepted)
      return decoded;
    if (!prerolled())
      return decoded;
  }
  gst_element_set_state(player.get(), GST_STATE_PLAYING);
  for (GstClockTime waited = 0; waited < patience;) {
    const bool last = segment_at_sink;
    if (GstSample* sample =
            gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), GST_SECOND / 10)) {
      keep(decoded, sample);
      gst_sample_unref(sample);
      waited = 0;
      continue;
    }
    decoded.error = pop_error(player.get(), decoded.segment_done);
    // Some parsers swallow the event; then the message and a silence have to do.
    if (gst_app_sink_is_eos(GST_APP_SINK(sink.get())) || last || !decoded.error.empty() ||
        (decoded.segment_done && waited > GST_SECOND))
      return decoded;
    waited += GST_SECOND / 10;
  }
  decoded.error = "nothing came for a long time";
  return decoded;
}

} // namespace triad::test
