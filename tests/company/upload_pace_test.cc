// SPDX-License-Identifier: LGPL-2.1-or-later
// How fast uploads go on lines of every kind. Run with --log_level=message for the figures that
// docs/protocol.md gives.
#include "upload_lines.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::kit;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(upload_pace)

namespace {

UploadLines::Spec hungry(UploadLines::Time round_trip = 40ms, UploadLines::Time jitter = 0ms) {
  UploadLines::Spec spec;
  spec.depth = 240;
  spec.round_trip = round_trip;
  spec.jitter = jitter;
  return spec;
}

// Bytes per second that are taken in this time.
double throughput(UploadLines& lines, UploadLines::Time time) {
  const std::uint64_t before = lines.taken();
  lines.run(time);
  return static_cast<double>(lines.taken() - before) / std::chrono::duration<double>(time).count();
}

// The mean of what an own packet would wait at the uplink.
double uplink_delay(UploadLines& lines, UploadLines::Time time) {
  double sum = 0;
  const int steps = static_cast<int>(time / 10ms);
  for (int i = 0; i < steps; ++i) {
    lines.run(10ms);
    sum += std::chrono::duration<double, std::milli>(lines.uplink_delay()).count();
  }
  return sum / steps;
}

} // namespace

BOOST_AUTO_TEST_CASE(it_starts_at_128_kB_per_second) {
  UploadLines lines({}, 1e6);
  BOOST_TEST(lines.uploads.rate() == 128e3);
}

BOOST_DATA_TEST_CASE(the_cap_is_kept, data::make({50'000, 300'000, 1'000'000}), cap) {
  UploadLines lines({cap}, 20e6);
  for (int i = 0; i < 4; ++i)
    lines.add(hungry());
  lines.run(5s);
  const double rate = throughput(lines, 20s);
  BOOST_TEST(rate <= 1.02 * cap);
  BOOST_TEST(rate >= 0.95 * cap);
}

BOOST_DATA_TEST_CASE(an_uplink_is_used_and_not_filled,
                     data::make({60e3, 125e3, 625e3, 2.5e6}) * data::make({1, 4}), uplink, peers) {
  UploadLines lines({-1}, uplink);
  for (int i = 0; i < peers; ++i)
    lines.add(hungry());
  lines.run(20s);
  const double rate = throughput(lines, 30s);
  const double delay = uplink_delay(lines, 30s);
  BOOST_TEST_MESSAGE("uplink of " << uplink / 1000 << " kB/s, " << peers
                                  << " peers: " << rate / 1000 << " kB/s, an own packet waits "
                                  << delay << " ms");
  // A block of a slow line is more than the delay that is aimed at.
  BOOST_TEST(rate >= (uplink > 200e3 ? 0.6 : 0.35) * uplink);
  BOOST_TEST(delay <= (uplink > 100e3 ? 130 : 400));
}

BOOST_DATA_TEST_CASE(a_fast_line_is_soon_found, data::make({1, 4}) * data::make({1, 50}), peers,
                     round_trip) {
  UploadLines lines({-1}, 50e6);
  for (int i = 0; i < peers; ++i)
    lines.add(hungry(std::chrono::milliseconds(round_trip)));
  lines.run(2s);
  const double rate = throughput(lines, 5s);
  BOOST_TEST_MESSAGE(peers << " peers at " << round_trip << " ms: " << rate / 1e6 << " MB/s of 50");
  // What SCTP takes, and 512 KiB that wait for it.
  const double window = (896 + 512) * 1024.0 * peers / (round_trip / 1000.0);
  BOOST_TEST(rate >= 0.6 * std::min(50e6, window));
}

// Its line's window has shrunk, or it reads slowly: it must not be taken for one that never reads.
BOOST_AUTO_TEST_CASE(little_waits_for_a_line_that_takes_little) {
  UploadLines lines({-1}, 50e6);
  UploadLines::Spec narrow = hungry(50ms);
  narrow.window = 64 * 1024;
  const int id = lines.add(narrow);
  lines.run(10s);
  BOOST_TEST(lines.peer(id).most_unsent < 3 * wire::max_unsent / 4);
}

BOOST_AUTO_TEST_CASE(one_far_off_peer_that_varies_does_not_stop_the_others) {
  const auto others_get = [](bool with_far_off) {
    UploadLines lines({-1}, 1e6);
    std::vector<int> near;
    for (int i = 0; i < 3; ++i)
      near.push_back(lines.add(hungry()));
    if (with_far_off)
      lines.add(hungry(200ms, 900ms));
    lines.run(10s);
    return throughput(lines, 60s);
  };
  const double without = others_get(false), with = others_get(true);
  BOOST_TEST_MESSAGE("given without it " << without / 1000 << " kB/s, with it " << with / 1000);
  BOOST_TEST(with >= 0.8 * without);
}

BOOST_AUTO_TEST_CASE(a_peer_that_varies_is_given_something_when_it_is_alone) {
  UploadLines lines({-1}, 1e6);
  lines.add(hungry(200ms, 900ms));
  lines.run(10s);
  const double rate = throughput(lines, 60s);
  BOOST_TEST_MESSAGE("alone it gets " << rate / 1000 << " kB/s");
  BOOST_TEST(rate >= 14e3);
}

BOOST_AUTO_TEST_CASE(a_way_that_became_longer_is_no_congestion_for_ever) {
  UploadLines lines({}, 2e6);
  std::vector<int> ids;
  for (int i = 0; i < 4; ++i)
    ids.push_back(lines.add(hungry()));
  lines.run(30s);
  for (const int id : ids)
    lines.peer(id).spec.round_trip = 240ms;
  lines.run(10s);
  BOOST_TEST(lines.uploads.rate() < 100e3);
  lines.run(150s);
  BOOST_TEST(throughput(lines, 20s) >= 0.7e6);
}

BOOST_AUTO_TEST_CASE(a_line_that_slows_down_is_followed) {
  UploadLines lines({-1}, 2e6);
  for (int i = 0; i < 4; ++i)
    lines.add(hungry());
  lines.run(20s);
  lines.set_uplink(200e3);
  lines.run(15s);
  BOOST_TEST(uplink_delay(lines, 20s) <= 500);
}

BOOST_AUTO_TEST_CASE(slow_peers_leave_their_share_to_others) {
  UploadLines lines({}, 2e6);
  UploadLines::Spec slow = hungry();
  slow.takes = 20e3;
  lines.add(slow);
  lines.add(slow);
  const int fast = lines.add(hungry());
  lines.run(10s);
  const std::uint64_t before = lines.peer(fast).bytes;
  lines.run(20s);
  BOOST_TEST(static_cast<double>(lines.peer(fast).bytes - before) >= 0.8 * 1e6 * 20);
  for (const auto& [id, peer] : lines.peers())
    BOOST_TEST(peer.most_queued <= 200'000u + 16'384);
}

BOOST_AUTO_TEST_SUITE_END()
