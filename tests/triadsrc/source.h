// SPDX-License-Identifier: LGPL-2.1-or-later
// A triadsrc on a FakeTrack, alone in a GstHarness.
#pragma once

#include "fake_reader.h"
#include "gst_fixture.h"

#include <gst/check/gstharness.h>

#include <functional>
#include <optional>

namespace triad::test {

inline constexpr char track_uri[] = "triad://example.org/Album.torrent/01%20Song.ogg";

// The element alone, in NULL state, with its bus.
class Source {
public:
  explicit Source(std::shared_ptr<FakeTrack> track, const char* uri = track_uri)
      : element(gst_element_factory_make("triadsrc", nullptr)), bus(gst_bus_new()) {
    gst_object_ref_sink(element.get());
    gst_element_set_bus(element.get(), bus.get());
    set_open_reader(GST_TRIAD_SRC(element.get()), track->opener());
    if (uri)
      g_object_set(element.get(), "location", uri, nullptr);
  }
  ~Source() { gst_element_set_bus(element.get(), nullptr); }

  // The next message of the types, or null if there is none within a (generous) while.
  MessagePtr wait_for(GstMessageType types) {
    return MessagePtr(gst_bus_timed_pop_filtered(bus.get(), 20 * GST_SECOND, types));
  }
  MessagePtr pop(GstMessageType types) {
    return MessagePtr(gst_bus_pop_filtered(bus.get(), types));
  }
  [[nodiscard]] GstPtr<GstPad> pad() const {
    return GstPtr<GstPad>(gst_element_get_static_pad(element.get(), "src"));
  }
  bool query(GstQuery* query) { return gst_element_query(element.get(), query); }

  PipelinePtr element;
  GstPtr<GstBus> bus;
};

// The element pushing into a harness.
class PushSource : public Source {
public:
  explicit PushSource(std::shared_ptr<FakeTrack> track)
      : Source(std::move(track)),
        harness(gst_harness_new_with_element(element.get(), nullptr, "src")) {
    gst_element_set_bus(element.get(), bus.get()); // the harness put its own there
  }
  ~PushSource() {
    gst_element_set_state(element.get(), GST_STATE_NULL);
    gst_harness_teardown(harness);
  }

  void play() { gst_harness_play(harness); }

  bool seek(std::uint64_t offset, std::optional<std::uint64_t> stop = std::nullopt) {
    return gst_element_send_event(element.get(),
                                  gst_event_new_seek(1.0, GST_FORMAT_BYTES, GST_SEEK_FLAG_FLUSH,
                                                     GST_SEEK_TYPE_SET, static_cast<gint64>(offset),
                                                     stop ? GST_SEEK_TYPE_SET : GST_SEEK_TYPE_NONE,
                                                     stop ? static_cast<gint64>(*stop) : -1));
  }

  struct Chunk {
    std::uint64_t offset, offset_end;
    std::vector<std::byte> bytes;
    bool discont;
  };
  // The next buffer; empty at EOS. Waits up to the harness's minute.
  std::optional<Chunk> pull() {
    GstBuffer* buffer = gst_harness_pull_until_eos(harness, &buffer_) ? buffer_ : nullptr;
    if (!buffer)
      return std::nullopt;
    Chunk chunk{GST_BUFFER_OFFSET(buffer), GST_BUFFER_OFFSET_END(buffer),
                std::vector<std::byte>(gst_buffer_get_size(buffer)),
                bool(GST_BUFFER_IS_DISCONT(buffer))};
    gst_buffer_extract(buffer, 0, chunk.bytes.data(), chunk.bytes.size());
    gst_buffer_unref(buffer);
    return chunk;
  }

  GstHarness* harness;

private:
  GstBuffer* buffer_ = nullptr;
};

} // namespace triad::test
