// SPDX-License-Identifier: LGPL-2.1-or-later
// Exits in mid download, as a player does when its window is closed.
// usage: exiting_player URI BUFFERS HOW
//   BUFFERS  exits when so many have come; 0: right after the start
//   HOW      main: return from main(); exit: exit() from main's thread; streaming: exit() from the
//            thread that pushes the buffers; deinit: stops the pipeline and calls gst_deinit()
//            (which would wait for a running one for ever, with any source)
#include <gst/gst.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <string>

namespace {

struct Countdown {
  std::atomic<int> left;
  bool exit_there;
  GMainLoop* loop;
};

void on_buffer(GstElement*, GstBuffer*, GstPad*, gpointer data) {
  auto* countdown = static_cast<Countdown*>(data);
  if (--countdown->left != 0)
    return;
  if (countdown->exit_there)
    std::exit(0);
  g_main_loop_quit(countdown->loop);
}

gboolean on_message(GstBus*, GstMessage* message, gpointer) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR ||
      GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
    std::cerr << GST_MESSAGE_TYPE_NAME(message) << " before the exit\n";
    std::exit(1);
  }
  return G_SOURCE_CONTINUE;
}

} // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc != 4)
    return 2;
  const std::string how = argv[3];
  GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
  static Countdown countdown{std::atoi(argv[2]), how == "streaming", loop};
  GstElement* pipeline =
      gst_parse_launch("triadsrc name=in ! fakesink name=out signal-handoffs=true", nullptr);
  if (!pipeline)
    return 2;
  GstElement* source = gst_bin_get_by_name(GST_BIN(pipeline), "in");
  GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline), "out");
  g_object_set(source, "location", argv[1], nullptr);
  g_signal_connect(sink, "handoff", G_CALLBACK(on_buffer), &countdown);
  GstBus* bus = gst_element_get_bus(pipeline);
  gst_bus_add_watch(bus, on_message, nullptr);
  const bool at_once = countdown.left == 0;
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  if (!at_once)
    g_main_loop_run(loop);
  if (how == "exit")
    std::exit(0);
  if (how == "deinit") {
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(source);
    gst_object_unref(sink);
    gst_object_unref(bus);
    gst_object_unref(pipeline);
    gst_deinit();
  }
  return 0;
}
