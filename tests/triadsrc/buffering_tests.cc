// SPDX-License-Identifier: LGPL-2.1-or-later
// Applications that obey BUFFERING: they pause until the buffer is full, so it has to become full
// while nothing plays.
#include "playback.h"
#include "served_album.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::test;

BOOST_AUTO_TEST_SUITE(buffering)

namespace {

// GstPlayFlags
constexpr int download_flag = 1 << 7;
constexpr int buffering_flag = 1 << 8; // without it playbin3 posts no messages
constexpr int track_seconds = 60;

struct Buffered {
  bool began = false, full = false;
  std::string trouble;
};

// Does what GStreamer's manual tells applications to do, until the buffer is full and it plays.
Buffered obey(const char* bin, const std::string& uri, int buffer_seconds, bool download) {
  const auto [player, sink] = make_player(bin, uri, "fakesink name=out sync=true");
  gint flags = 0;
  g_object_get(player.get(), "flags", &flags, nullptr);
  flags |= buffering_flag;
  g_object_set(player.get(), "buffer-duration", buffer_seconds * gint64(GST_SECOND), "buffer-size",
               64 << 20, "flags", download ? flags | download_flag : flags, nullptr);
  gst_element_set_state(player.get(), GST_STATE_PAUSED);
  const GstPtr<GstBus> bus(gst_element_get_bus(player.get()));
  Buffered buffered;
  while (!buffered.full) {
    const MessagePtr message(gst_bus_timed_pop_filtered(
        bus.get(), 15 * GST_SECOND,
        static_cast<GstMessageType>(GST_MESSAGE_BUFFERING | GST_MESSAGE_ERROR | GST_MESSAGE_EOS)));
    if (!message) {
      buffered.trouble = "the buffer stayed as it was";
      return buffered;
    }
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
      buffered.trouble = parse_error_message(message.get()).error->message;
      return buffered;
    }
    gint percent = 0;
    if (GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_BUFFERING)
      continue;
    gst_message_parse_buffering(message.get(), &percent);
    buffered.began = buffered.began || percent < 100;
    buffered.full = percent == 100;
  }
  gst_element_set_state(player.get(), GST_STATE_PLAYING);
  if (gst_element_get_state(player.get(), nullptr, nullptr, 30 * GST_SECOND) !=
      GST_STATE_CHANGE_SUCCESS)
    buffered.trouble = "it did not play";
  return buffered;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_buffer_always_becomes_full) {
  ServedAlbum album(track_seconds);
  for (const Format format : {Format::mp3, Format::ogg_vorbis}) {
    Behaviour slow; // ten times as fast as it plays
    slow.rate = 10 * std::filesystem::file_size(album.file(format)) / track_seconds;
    album.server.behave(album.server_path(format), slow);
  }
  for (const Format format : {Format::mp3, Format::ogg_vorbis})
    for (const char* bin : {"playbin", "playbin3"})
      for (const int buffer_seconds : {2, 5, 10, 20})
        for (const bool download : {false, true})
          BOOST_TEST_CONTEXT(format_name(format) << " in " << bin << ", " << buffer_seconds << " s"
                                                 << (download ? ", DOWNLOAD" : "")) {
            const OwnCache cache;
            const Buffered buffered = obey(bin, album.triad_uri(format), buffer_seconds, download);
            BOOST_TEST(buffered.trouble == "");
            if (!download) // then the file is the buffer, and may begin as full
              BOOST_TEST(buffered.began);
            BOOST_TEST(buffered.full);
          }
}

BOOST_AUTO_TEST_SUITE_END()
