// SPDX-License-Identifier: LGPL-2.1-or-later
// What is measured: rate, delay, silence, waste.
#include "schedule/estimate.h"
#include "schedule/waste.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace std::chrono_literals;
namespace tt = boost::test_tools;

BOOST_AUTO_TEST_SUITE(estimate)

namespace {

// A block every `each`, after `delay`.
Time transfer(Estimate& estimate, Time from, Duration delay, Duration each, int blocks) {
  estimate.asked(from, true);
  Time now = from + delay;
  for (int i = 0; i < blocks; ++i, now += each)
    estimate.received(block_size, now, i + 1 == blocks);
  return now;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_known_beforehand_holds_until_it_is_measured) {
  Estimate estimate(123e3, 70ms);
  BOOST_TEST(estimate.rate(0s) == 123e3);
  BOOST_TEST((estimate.delay() == 70ms));
  transfer(estimate, 0s, 40ms, 10ms, 100);
  BOOST_TEST(estimate.rate(10s) == 100.0 * block_size, tt::tolerance(0.02));
  BOOST_TEST((estimate.delay() == 40ms));
}

BOOST_AUTO_TEST_CASE(a_change_is_believed_within_seconds) {
  Estimate estimate(1e6, 50ms);
  const Time now = transfer(estimate, 0s, 50ms, 10ms, 100);
  transfer(estimate, now, 50ms, 100ms, 60);
  BOOST_TEST(estimate.rate(20s) < 15.0 * block_size);
}

BOOST_AUTO_TEST_CASE(silence_lowers_the_rate_only_while_something_is_owed) {
  Estimate estimate(1e6, 50ms);
  const Time now = transfer(estimate, 0s, 50ms, 10ms, 100);
  const double rate = estimate.rate(now);
  BOOST_TEST(estimate.rate(now + 60s) == rate);
  estimate.asked(now, true);
  BOOST_TEST(estimate.rate(now + 50ms) == rate);
  BOOST_TEST(estimate.rate(now + 4050ms) == block_size / 4.0);
}

BOOST_AUTO_TEST_CASE(regular_blocks_make_small_tolerance_and_irregular_ones_large) {
  Estimate regular(1e6, 50ms), irregular(1e6, 50ms);
  for (int i = 0; i < 50; ++i) {
    regular.arrived(i * 1s, i * 1s + 10ms);
    irregular.arrived(i * 1s, i * 1s + (i % 2 == 0 ? 0ms : 400ms));
  }
  BOOST_TEST((regular.tolerance() < 150ms));
  BOOST_TEST((irregular.tolerance() > 600ms));
}

BOOST_AUTO_TEST_CASE(waste_is_what_the_last_minute_saw) {
  Waste waste;
  BOOST_TEST(!waste.too_much(0s));
  for (int i = 0; i < 100; ++i)
    waste.received(1000, i < 3, i * 100ms);
  BOOST_TEST(waste.too_much(10s));
  waste.received(100'000, false, 30s);
  BOOST_TEST(!waste.too_much(30s));
  waste.received(10'000, true, 100s);
  BOOST_TEST(waste.too_much(100s)); // the good ones are forgotten
  BOOST_TEST(!waste.too_much(200s));
}

BOOST_AUTO_TEST_SUITE_END()
