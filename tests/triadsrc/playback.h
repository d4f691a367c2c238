// SPDX-License-Identifier: LGPL-2.1-or-later
// Plays a URI in one of GStreamer's bins and keeps what the decoder gave.
#pragma once

#include "gst_fixture.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace triad::test {

inline constexpr std::array bins{"playbin", "playbin3", "uridecodebin", "uridecodebin3"};

struct SeekSpec {
  const char* name;
  double rate;
  int flags;
  gint64 start; // ns
  gint64 stop;  // ns; -1: the end
};

// What came out at the sink.
struct Decoded {
  std::string error;         // of the first ERROR message; empty if none
  bool seek_accepted = true; // what gst_element_seek() said
  bool segment_done = false;
  GstClockTime first_time = GST_CLOCK_TIME_NONE; // stream time of the first buffer
  gint64 duration = -1;                          // ns, as the pipeline says after preroll
  std::vector<std::byte> samples;                // F32LE
};

struct Player {
  PipelinePtr pipeline;
  GstPtr<GstElement> sink;
};

// A pipeline of `bin` on `uri`, in NULL state. `sink_line` describes its sink, which must be named
// "out".
[[nodiscard]] Player make_player(const std::string& bin, const std::string& uri,
                                 const std::string& sink_line);

// Prerolls, seeks if told to, and plays to the end as fast as it goes. Gives up (with an error)
// when nothing comes for half a minute.
[[nodiscard]] Decoded decode(const std::string& bin, const std::string& uri,
                             const std::optional<SeekSpec>& seek = std::nullopt);

} // namespace triad::test
