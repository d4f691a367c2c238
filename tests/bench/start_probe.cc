// SPDX-License-Identifier: LGPL-2.1-or-later
// Measures how long a bin takes from a start or a seek to the first decoded buffer at its sink.
//
// One pipeline; each step's result is one line of JSON on stdout. The source element is the one
// that GStreamer picks for the URI.
#include <gst/gst.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr const char* usage =
    "usage: start_probe playbin|playbin3|uridecodebin3 STEP...\n"
    "steps: play URI       start it: milliseconds from PLAYING to the first decoded buffer\n"
    "       seek FRACTION  flushing key-unit seek: milliseconds to the first buffer after it\n"
    "       wait SECONDS   keep playing\n"
    "       idle SECONDS   stop, keep the pipeline, wait\n";
constexpr std::chrono::seconds patience{30};

// Where the sink's first buffer is awaited. The streaming thread tells, the main thread waits.
class FirstBuffer {
public:
  // The next buffer counts.
  void arm() { set(true, false); }
  // The next buffer after a flush counts.
  void arm_at_flush() { set(false, true); }

  std::optional<Clock::time_point> wait() {
    std::unique_lock lock(mutex_);
    if (!came_.wait_for(lock, patience, [this] { return time_.has_value(); }))
      return std::nullopt;
    return time_;
  }

  void on_buffer() {
    const std::lock_guard lock(mutex_);
    if (!armed_)
      return;
    armed_ = false;
    time_ = Clock::now();
    came_.notify_all();
  }

  void on_flushed() {
    const std::lock_guard lock(mutex_);
    armed_ = armed_ || at_flush_;
    at_flush_ = false;
  }

private:
  void set(bool now, bool at_flush) {
    const std::lock_guard lock(mutex_);
    armed_ = now;
    at_flush_ = at_flush;
    time_.reset();
  }

  std::mutex mutex_;
  std::condition_variable came_;
  bool armed_ = false;
  bool at_flush_ = false;
  std::optional<Clock::time_point> time_;
};

GstPadProbeReturn on_data(GstPad*, GstPadProbeInfo* info, gpointer first) {
  if ((GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) != 0)
    static_cast<FirstBuffer*>(first)->on_buffer();
  else if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_FLUSH_STOP)
    static_cast<FirstBuffer*>(first)->on_flushed();
  return GST_PAD_PROBE_OK;
}

void on_pad_added(GstElement*, GstPad* pad, gpointer next) {
  GstPad* sink = gst_element_get_static_pad(static_cast<GstElement*>(next), "sink");
  if (!gst_pad_is_linked(sink))
    gst_pad_link(pad, sink);
  gst_object_unref(sink);
}

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "start_probe: %s\n", what);
  std::exit(1);
}

class Player {
public:
  explicit Player(const std::string& kind) {
    GstElement* sink = make("fakesink");
    g_object_set(sink, "sync", TRUE, nullptr);
    GstPad* pad = gst_element_get_static_pad(sink, "sink");
    constexpr auto watched =
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_FLUSH);
    gst_pad_add_probe(pad, watched, on_data, &first_, nullptr);
    gst_object_unref(pad);
    source_ = make(kind.c_str());
    if (kind == "uridecodebin3") {
      pipeline_ = gst_pipeline_new(nullptr);
      GstElement* convert = make("audioconvert");
      gst_bin_add_many(GST_BIN(pipeline_), source_, convert, sink, nullptr);
      if (gst_element_link(convert, sink) == FALSE)
        fail("the sink cannot be linked");
      g_signal_connect(source_, "pad-added", G_CALLBACK(on_pad_added), convert);
    } else {
      constexpr int audio_only = 0x2;
      pipeline_ = source_;
      g_object_set(source_, "audio-sink", sink, "flags", audio_only, nullptr);
    }
  }
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;
  ~Player() {
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    gst_object_unref(pipeline_);
  }

  Milliseconds play(const char* uri) {
    gst_element_set_state(pipeline_, GST_STATE_READY);
    g_object_set(source_, "uri", uri, nullptr);
    first_.arm();
    const auto start = Clock::now();
    gst_element_set_state(pipeline_, GST_STATE_PLAYING);
    const auto took = since(start);
    settle();
    return took;
  }

  Milliseconds seek(double fraction) {
    gint64 duration = 0;
    if (gst_element_query_duration(pipeline_, GST_FORMAT_TIME, &duration) == FALSE)
      fail("the duration is not known");
    const auto target = static_cast<gint64>(static_cast<double>(duration) * fraction);
    first_.arm_at_flush();
    const auto start = Clock::now();
    constexpr auto flags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT);
    if (gst_element_seek_simple(pipeline_, GST_FORMAT_TIME, flags, target) == FALSE)
      fail("the seek was refused");
    const auto took = since(start);
    settle();
    return took;
  }

  void stop() { gst_element_set_state(pipeline_, GST_STATE_READY); }

private:
  static GstElement* make(const char* kind) {
    GstElement* element = gst_element_factory_make(kind, nullptr);
    return element != nullptr ? element : (fail(kind), nullptr);
  }

  Milliseconds since(Clock::time_point start) {
    const auto came = first_.wait();
    if (!came) {
      GstBus* bus = gst_element_get_bus(pipeline_);
      GstMessage* message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
      GError* error = nullptr;
      if (message != nullptr)
        gst_message_parse_error(message, &error, nullptr);
      fail(error != nullptr ? error->message : "no buffer came");
    }
    return *came - start;
  }

  // Waits until the pipeline really plays.
  void settle() {
    constexpr GstClockTime longest = 30 * GST_SECOND;
    if (gst_element_get_state(pipeline_, nullptr, nullptr, longest) != GST_STATE_CHANGE_SUCCESS)
      fail("the pipeline does not play");
  }

  FirstBuffer first_;
  GstElement* pipeline_ = nullptr;
  GstElement* source_ = nullptr; // what takes the URI; the pipeline owns it
};

void report(std::string_view step, const char* argument, Milliseconds took) {
  std::printf("{\"step\": \"%.*s\", \"of\": \"%s\", \"ms\": %.3f}\n", static_cast<int>(step.size()),
              step.data(), argument, took.count());
  std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc < 4 || argc % 2 != 0) {
    std::fputs(usage, stderr);
    return 2;
  }
  Player player(argv[1]);
  for (int i = 2; i < argc; i += 2) {
    const std::string_view step = argv[i];
    const char* argument = argv[i + 1];
    const std::chrono::duration<double> seconds{std::strtod(argument, nullptr)};
    if (step == "play") {
      report(step, argument, player.play(argument));
    } else if (step == "seek") {
      report(step, argument, player.seek(std::strtod(argument, nullptr)));
    } else if (step == "wait") {
      std::this_thread::sleep_for(seconds);
    } else if (step == "idle") {
      player.stop();
      std::this_thread::sleep_for(seconds);
    } else {
      std::fputs(usage, stderr);
      return 2;
    }
  }
}
