// SPDX-License-Identifier: LGPL-2.1-or-later
// A thousand openings leave nothing behind.
#include "gst_fixture.h"
#include "kit/random.h"
#include "kit/releases.h"
#include "served_album.h"

#include <boost/test/unit_test.hpp>

#include <malloc.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <thread>

using namespace triad;
using namespace triad::test;

BOOST_AUTO_TEST_SUITE(rounds)

namespace {

// So long that a thousand rounds don't fetch it all: they would find everything in the cache then.
constexpr std::size_t track_size = std::size_t(96) << 20;

struct Footprint {
  std::ptrdiff_t threads = 0, files = 0, sockets = 0;
  std::int64_t memory = 0; // bytes in RAM
};

Footprint footprint() {
  malloc_trim(0); // what the allocator keeps for later is not lost
  Footprint now;
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  now.memory = pages * 4096;
  now.threads = std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                              std::filesystem::directory_iterator());
  for (const auto& descriptor : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code closed;
    const auto target = std::filesystem::read_symlink(descriptor.path(), closed).string();
    ++(target.starts_with("socket:") ? now.sockets : now.files);
  }
  return now;
}

// Threads and files end a moment after what they did; there is no event to wait for. Connections
// are pooled, so that their number breathes.
Footprint settled(const Footprint& hoped) {
  Footprint now = footprint();
  const auto same = [&] {
    return now.threads == hoped.threads && now.files == hoped.files && now.sockets <= hoped.sockets;
  };
  for (int tries = 0; tries < 400 && !same(); ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    now = footprint();
  }
  return now;
}

// The same after two looks that are a while apart.
Footprint settled() {
  Footprint before = footprint();
  for (;;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    const Footprint now = footprint();
    if (now.threads == before.threads && now.files == before.files)
      return now;
    before = now;
  }
}

bool seek(GstElement* pipeline, std::uint64_t offset) {
  return gst_element_seek(pipeline, 1.0, GST_FORMAT_BYTES, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET,
                          static_cast<gint64>(offset), GST_SEEK_TYPE_NONE, -1);
}

bool prerolls(GstElement* pipeline) {
  return gst_element_get_state(pipeline, nullptr, nullptr, 30 * GST_SECOND) ==
         GST_STATE_CHANGE_SUCCESS;
}

// Opens, seeks, and closes, all at random places; sometimes before the first byte is there.
void play_a_bit(const std::string& uri, kit::Random& random) {
  const PipelinePtr pipeline(
      gst_parse_launch(("triadsrc location=\"" + uri + "\" ! fakesink").c_str(), nullptr));
  gst_element_set_state(pipeline.get(), GST_STATE_PAUSED);
  if (random.chance(0.1))
    return;
  BOOST_REQUIRE(prerolls(pipeline.get()));
  for (std::uint64_t left = random.between(0, 2); left > 0; --left) {
    BOOST_REQUIRE(seek(pipeline.get(), random.below(track_size)));
    if (random.chance(0.5)) // else the next seek, or the end, comes in the middle of this one
      BOOST_REQUIRE(prerolls(pipeline.get()));
  }
}

} // namespace

BOOST_AUTO_TEST_CASE(a_thousand_rounds_leave_what_a_hundred_left) {
  g_thread_pool_set_max_unused_threads(0); // GStreamer's idle streaming threads are not ours
  const OwnCache cache;
  HttpServer server;
  kit::ReleaseSpec spec;
  spec.name = "noise.ogg";
  spec.single_file = true;
  spec.piece_length = 64 * 1024;
  spec.files[spec.name] = kit::random_content(1, track_size);
  spec.durations[spec.name] = std::chrono::minutes(40);
  server.put("/noise.ogg", kit::to_text(spec.files[spec.name]));
  server.put("/noise.ogg.torrent", kit::to_text(kit::make_metainfo(spec)));
  spec.files.clear();

  const std::string uri = "triad+" + server.url("/noise.ogg.torrent");
  kit::Random random(1);
  Footprint early;
  std::ptrdiff_t most_sockets = 0;
  for (int round = 1; round <= 1000; ++round) {
    play_a_bit(uri, random);
    if (round <= 100)
      most_sockets = std::max(most_sockets, footprint().sockets);
    if (round == 100)
      early = settled();
    if (round % 100 == 0) {
      if (round <= 500)
        BOOST_TEST(server.body_bytes() > 0u); // data is still missing
      server.clear_log();                     // it grows
    }
  }
  early.sockets = most_sockets;
  const Footprint late = settled(early);
  BOOST_TEST(late.threads == early.threads);
  BOOST_TEST(late.files == early.files);
  BOOST_TEST(late.sockets <= early.sockets);
  BOOST_TEST(late.memory - early.memory < 2 << 20);
}

BOOST_AUTO_TEST_SUITE_END()
