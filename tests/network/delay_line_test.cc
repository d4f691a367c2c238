// SPDX-License-Identifier: LGPL-2.1-or-later
// The slow link's delays, order, losses and queue, in simulated time.
#include "network/delay_line.h"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using triad::DelayLine;

namespace {

DelayLine::Packet packet(std::size_t size) {
  return DelayLine::Packet(size, 'x');
}

// Pushes count packets of size bytes at the time 0 and returns when each comes out.
std::vector<DelayLine::Time> times(const DelayLine::Settings& settings, int count,
                                   std::size_t size) {
  DelayLine line(settings, 1);
  for (int i = 0; i < count; ++i)
    line.push(packet(size), 0ns);
  std::vector<DelayLine::Time> out;
  while (const auto due = line.next()) {
    BOOST_TEST(!line.pop(*due - 1ns));
    BOOST_TEST_REQUIRE(line.pop(*due).has_value());
    out.push_back(*due);
  }
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(delay_line)

BOOST_AUTO_TEST_CASE(a_packet_comes_out_after_the_delay) {
  BOOST_TEST((times({.delay = 25ms}, 2, 1500) == std::vector<DelayLine::Time>{25ms, 25ms}));
}

BOOST_AUTO_TEST_CASE(the_rate_spreads_packets) {
  BOOST_TEST((times({.delay = 25ms, .bytes_per_second = 1e6}, 3, 1000) ==
              std::vector<DelayLine::Time>{26ms, 27ms, 28ms}));
}

BOOST_AUTO_TEST_CASE(jitter_delays_and_keeps_the_order) {
  const auto out = times({.delay = 25ms, .jitter = 10ms}, 1000, 100);
  BOOST_TEST(out.size() == 1000U);
  BOOST_TEST(std::is_sorted(out.begin(), out.end()));
  BOOST_TEST((out.front() >= 25ms && out.back() <= 35ms && out.back() > out.front()));
}

BOOST_AUTO_TEST_CASE(what_the_queue_cannot_hold_is_dropped) {
  BOOST_TEST(times({.bytes_per_second = 1e6, .queue_bytes = 3000}, 10, 1000).size() == 3U);
}

BOOST_AUTO_TEST_CASE(the_queue_drains_at_the_rate) {
  DelayLine line({.delay = 1s, .bytes_per_second = 1e6, .queue_bytes = 1000}, 1);
  line.push(packet(1000), 0ns);
  line.push(packet(1000), 500us); // dropped: the first is still being sent
  line.push(packet(1000), 1ms);
  BOOST_TEST(line.pop(1001ms).has_value());
  BOOST_TEST((line.next() == DelayLine::Time{1002ms}));
  BOOST_TEST(line.pop(1002ms).has_value());
  BOOST_TEST(!line.next());
}

BOOST_AUTO_TEST_CASE(losses_are_about_as_many_as_wanted) {
  const auto out = times({.loss = 0.1}, 10000, 1);
  BOOST_TEST((out.size() > 8700U && out.size() < 9300U));
  BOOST_TEST(times({.loss = 1}, 100, 1).empty());
}

BOOST_AUTO_TEST_SUITE_END()
