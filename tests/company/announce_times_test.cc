// SPDX-License-Identifier: LGPL-2.1-or-later
// When to announce and when to come back, in simulated time.
#include "peers/company/announce_times.h"
#include "peers/company/backoff.h"
#include "peers/company/rate_limit.h"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using namespace triad::trackers;
using triad::signal::Event;
using Time = std::chrono::nanoseconds;

BOOST_AUTO_TEST_SUITE(announce_times)

BOOST_AUTO_TEST_CASE(started_is_said_once_on_each_connection) {
  AnnounceTimes times(false);
  BOOST_TEST(!times.due().has_value());
  times.on_connected(5s);
  BOOST_TEST((times.due() == Time(5s)));
  BOOST_TEST((times.announce(5s) == Event::started));
  BOOST_TEST(times.announced());
  times.on_reply(120, 6s);
  BOOST_TEST((times.due() == Time(126s)));
  BOOST_TEST((times.announce(126s) == Event::none));
  times.on_disconnected();
  BOOST_TEST(!times.due().has_value());
  BOOST_TEST(!times.announced());
  times.on_connected(200s);
  BOOST_TEST((times.announce(200s) == Event::started));
}

BOOST_AUTO_TEST_CASE(the_interval_is_the_trackers_within_bounds) {
  AnnounceTimes times(false);
  times.on_connected(0s);
  (void)times.announce(0s);
  for (const auto& [said, meant] : {std::pair<std::uint32_t, Time>{1, 10s},
                                    {9, 10s},
                                    {10, 10s},
                                    {1800, 30min},
                                    {1801, 30min},
                                    {UINT32_MAX, 30min},
                                    {0, 2min}}) {
    times.on_reply(said, 1s);
    BOOST_TEST((times.due() == 1s + meant));
  }
}

BOOST_AUTO_TEST_CASE(completed_is_said_once_and_never_by_who_began_complete) {
  AnnounceTimes seeder(true);
  seeder.on_connected(0s);
  seeder.on_left(true, 0s);
  BOOST_TEST((seeder.announce(0s) == Event::started));
  BOOST_TEST((seeder.announce(1s) == Event::none));

  AnnounceTimes leecher(false);
  leecher.on_connected(0s);
  (void)leecher.announce(0s);
  leecher.on_reply(120, 1s);
  leecher.on_left(true, 7s);
  BOOST_TEST((leecher.due() == Time(7s)));
  BOOST_TEST((leecher.announce(7s) == Event::completed));
  leecher.on_left(true, 8s);
  BOOST_TEST((leecher.announce(9s) == Event::none));
}

BOOST_AUTO_TEST_CASE(completed_while_away_follows_started) {
  AnnounceTimes times(false);
  times.on_left(true, 1s);
  BOOST_TEST(!times.due().has_value());
  times.on_connected(3s);
  BOOST_TEST((times.announce(3s) == Event::started));
  BOOST_TEST((times.due() == Time(3s)));
  times.on_reply(120, 3s); // does not put it off
  BOOST_TEST((times.due() == Time(3s)));
  BOOST_TEST((times.announce(4s) == Event::completed));
}

BOOST_AUTO_TEST_CASE(a_reply_to_any_of_several_announces_is_a_sign_of_life) {
  AnnounceTimes times(false);
  times.on_connected(0s);
  BOOST_TEST(!times.waiting_since().has_value());
  (void)times.announce(0s);
  (void)times.announce(5s);
  BOOST_TEST((times.waiting_since() == Time(0s)));
  times.on_reply(60, 6s);
  BOOST_TEST(!times.waiting_since().has_value());
}

BOOST_AUTO_TEST_CASE(who_is_refused_asks_ever_more_rarely) {
  AnnounceTimes times(false);
  Time now = 0s;
  times.on_connected(now);
  Time wait = 1min;
  for (int i = 0; i < 10; ++i) {
    (void)times.announce(now);
    times.on_refusal(now);
    BOOST_TEST((times.due() == now + std::min<Time>(wait, 30min)));
    BOOST_TEST(!times.waiting_since().has_value());
    now = *times.due();
    wait *= 2;
  }
  (void)times.announce(now);
  times.on_reply(60, now);
  (void)times.announce(now + 60s);
  times.on_refusal(now + 60s);
  BOOST_TEST((times.due() == now + 60s + 1min));
}

BOOST_AUTO_TEST_CASE(waits_grow_to_a_minute_and_are_spread) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Backoff backoff(seed), same(seed);
    Time bound = 1s;
    for (int i = 0; i < 12; ++i) {
      const Time wait = backoff.next();
      BOOST_REQUIRE((wait >= 100ms && wait <= bound));
      BOOST_REQUIRE((same.next() == wait));
      bound = std::min<Time>(bound * 2, 60s);
    }
    backoff.reset();
    BOOST_REQUIRE((backoff.next() <= 1s));
  }
  // Of many listeners that lost a tracker long ago, each tenth of the minute gets its share.
  std::array<int, 10> tenths{};
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Backoff backoff(seed);
    for (int i = 0; i < 8; ++i)
      (void)backoff.next();
    ++tenths.at(std::min<std::size_t>(static_cast<std::size_t>(backoff.next() / 6s), 9));
  }
  for (const int count : tenths)
    BOOST_TEST((count > 130 && count < 270));
}

BOOST_AUTO_TEST_CASE(a_limit_lets_so_many_through_and_then_a_share_at_a_time) {
  RateLimit limit(50, 10s);
  int passed = 0;
  for (int i = 0; i < 1000; ++i)
    passed += limit.take(100s) ? 1 : 0;
  BOOST_TEST(passed == 50);
  BOOST_TEST(!limit.take(100s + 199ms));
  BOOST_TEST(limit.take(100s + 200ms));
  BOOST_TEST(!limit.take(100s + 399ms));
  for (int i = 0; i < 1000; ++i)
    passed += limit.take(1h) ? 1 : 0;
  BOOST_TEST(passed == 100);
}

BOOST_AUTO_TEST_SUITE_END()
