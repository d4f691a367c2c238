// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the playhead is, by running time.
#include "schedule/playhead.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(playhead)

namespace {
constexpr double rate = 1000; // bytes per second
}

BOOST_AUTO_TEST_CASE(it_stands_until_running_time_moves) {
  Playhead playhead(rate);
  playhead.place(5000, 0s);
  playhead.run(std::nullopt, 1s);
  playhead.run(0s, 2s);
  BOOST_TEST(playhead.at(3s) == 5000u);
  BOOST_TEST(!playhead.moved());
  playhead.run(250ms, 2250ms);
  BOOST_TEST(playhead.moved());
  BOOST_TEST(playhead.moving(2250ms));
  BOOST_TEST(playhead.at(2250ms) == 5250u);
}

BOOST_AUTO_TEST_CASE(it_goes_on_between_two_tellings_but_not_for_ever) {
  Playhead playhead(rate);
  playhead.run(0s, 0s);
  playhead.run(1s, 1s);
  BOOST_TEST(playhead.at(1500ms) == 1500u);
  BOOST_TEST(playhead.at(60s) == 2000u);
  BOOST_TEST(!playhead.moving(60s));
}

BOOST_AUTO_TEST_CASE(a_pause_stops_it_and_costs_nothing) {
  Playhead playhead(rate);
  playhead.run(0s, 0s);
  playhead.run(1s, 1s);
  playhead.run(std::nullopt, 2s);
  BOOST_TEST(!playhead.moving(2s));
  BOOST_TEST(playhead.at(30s) == 1000u);
  playhead.run(1s, 30s);
  playhead.run(2s, 31s);
  BOOST_TEST(playhead.at(31s) == 2000u);
}

// The clock runs on while the pipeline prerolls, and is set back when it plays.
BOOST_AUTO_TEST_CASE(a_flushing_seek_is_seen_through) {
  Playhead playhead(rate);
  playhead.run(0s, 0s);
  playhead.run(60s, 60s);
  playhead.place(9000, 60s);
  playhead.run(61s, 61s);
  playhead.run(62s, 62s);
  BOOST_TEST(!playhead.moved());
  BOOST_TEST(playhead.at(62s) == 9000u);
  playhead.run(100ms, 63s);
  BOOST_TEST(playhead.at(63s) == 9100u);
  BOOST_TEST(!playhead.moved());
  playhead.run(350ms, 63250ms);
  BOOST_TEST(playhead.at(63250ms) == 9350u);
  BOOST_TEST(playhead.moved());
}

BOOST_AUTO_TEST_CASE(a_seek_without_a_flush_moves_after_10_s) {
  Playhead playhead(rate);
  playhead.run(0s, 0s);
  playhead.place(9000, 1s);
  for (Time now = 1s; now <= 12s; now += 250ms)
    playhead.run(now, now);
  BOOST_TEST(playhead.moved());
  BOOST_TEST(playhead.at(12s) > 9000u);
}

BOOST_AUTO_TEST_CASE(it_is_never_beyond_what_was_read) {
  Playhead playhead(rate);
  playhead.run(0s, 0s);
  playhead.run(10s, 10s);
  playhead.not_beyond(4000, 10s);
  BOOST_TEST(playhead.at(10s) == 4000u);
  playhead.not_beyond(50'000, 10s);
  BOOST_TEST(playhead.at(10s) == 4000u);
}

BOOST_AUTO_TEST_CASE(a_new_rate_counts_from_now_on) {
  Playhead playhead(rate);
  playhead.run(0s, 0s);
  playhead.run(1s, 1s);
  playhead.set_byte_rate(2 * rate, 1500ms);
  BOOST_TEST(playhead.at(1500ms) == 1500u);
  playhead.run(2s, 2s);
  BOOST_TEST(playhead.at(2s) == 2500u);
}

BOOST_AUTO_TEST_SUITE_END()
