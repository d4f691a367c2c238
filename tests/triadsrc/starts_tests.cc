// SPDX-License-Identifier: LGPL-2.1-or-later
// Hundreds of starts of tracks whose first bytes are in the cache: none may hang.
//
// decodebin3 of GStreamer 1.22 waits for ever when a pushed first buffer comes at once.
#include "playback.h"
#include "served_album.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::test;

BOOST_AUTO_TEST_SUITE(starts)

namespace {

bool starts(const std::string& bin, const std::string& uri) {
  const Player player = make_player(bin, uri, "fakesink name=out sync=true");
  gst_element_set_state(player.pipeline.get(), GST_STATE_PAUSED);
  return gst_element_get_state(player.pipeline.get(), nullptr, nullptr, 15 * GST_SECOND) ==
         GST_STATE_CHANGE_SUCCESS;
}

} // namespace

BOOST_AUTO_TEST_CASE(five_hundred_starts_with_a_cached_head) {
  const OwnCache cache;
  ServedAlbum album(180);
  constexpr Format formats[] = {Format::mp3, Format::flac, Format::m4a_front};
  for (const Format format : formats) {
    BOOST_REQUIRE(starts("playbin", album.triad_uri(format)));
    Behaviour silent; // nothing beyond what that start brought into the cache
    silent.stall_before_headers = true;
    album.server.behave(album.server_path(format), silent);
  }
  unsigned hung = 0;
  for (int round = 0; round < 84; ++round)
    for (const Format format : formats)
      for (const char* bin : {"playbin3", "uridecodebin3"})
        hung += starts(bin, album.triad_uri(format)) ? 0 : 1;
  BOOST_TEST(hung == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
