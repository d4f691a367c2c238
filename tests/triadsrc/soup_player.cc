// SPDX-License-Identifier: LGPL-2.1-or-later
// A player that uses libsoup 2.4 itself, as Rhythmbox and Quod Libet do.
// usage: soup_player BIN URI HTTP_URL
// Fetches HTTP_URL with libsoup, then plays URI in BIN (playbin, playbin3) to its end.
#include <gst/gst.h>
#include <libsoup/soup.h>

#include <iostream>

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc != 4)
    return 2;
  SoupSession* session = soup_session_new();
  SoupMessage* request = soup_message_new("GET", argv[3]);
  const guint status = soup_session_send_message(session, request);
  g_object_unref(request);
  if (status != SOUP_STATUS_OK) {
    std::cerr << "libsoup got " << status << "\n";
    return 1;
  }

  GstElement* player = gst_element_factory_make(argv[1], nullptr);
  g_object_set(player, "uri", argv[2], "audio-sink", gst_element_factory_make("fakesink", nullptr),
               nullptr);
  gst_element_set_state(player, GST_STATE_PLAYING);
  GstBus* bus = gst_element_get_bus(player);
  GstMessage* message = gst_bus_timed_pop_filtered(
      bus, GST_CLOCK_TIME_NONE, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  const bool played = GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
  if (!played) {
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    std::cerr << error->message << "\n";
    g_clear_error(&error);
  }
  gst_message_unref(message);
  gst_object_unref(bus);
  gst_element_set_state(player, GST_STATE_NULL);
  gst_object_unref(player);
  g_object_unref(session);
  return played ? 0 : 1;
}
