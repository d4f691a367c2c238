// SPDX-License-Identifier: LGPL-2.1-or-later
// When offers are given to a tracker.
#include "peers/company/search.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::company;
using namespace std::chrono_literals;

namespace {

const std::string tracker = "wss://tracker.example";

struct Fixture {
  Search search{{tracker, "udp://tracker.example"}};
  Time now = 1000s;

  Fixture() {
    search.began(now);
    search.connected(tracker, true);
  }
  void reply(std::uint32_t peers) {
    signal::AnnounceReply reply;
    reply.incomplete = peers;
    BOOST_CHECK(search.replied(tracker, reply, now) == Search::Dial::as_before);
  }
  // The pause until offers are due again after some were given.
  Time pause() {
    search.gave(tracker, 1, now);
    const Time gave = now;
    while (search.due(tracker, 5, 0, now) == 0)
      now += 100ms;
    return now - gave;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(search, Fixture)

BOOST_AUTO_TEST_CASE(nothing_is_offered_before_the_tracker_has_replied) {
  BOOST_TEST(search.due(tracker, 5, 0, now) == 0u);
  reply(3);
  BOOST_TEST(search.due(tracker, 5, 0, now) == 2u);
  BOOST_TEST(search.due(tracker, 1, 0, now) == 1u);
}

// Two that announce at once: each may be the only one for the tracker's reply.
BOOST_AUTO_TEST_CASE(who_was_alone_asks_again_soon_and_then_seldom) {
  reply(1);
  BOOST_TEST(search.due(tracker, 5, 0, now) == 0u);
  now += 2s;
  BOOST_TEST(search.due(tracker, 5, 0, now) == 1u);
  Time before = 0s;
  for (int i = 0; i < 6; ++i) {
    const Time next = pause();
    BOOST_TEST((next >= before && next <= 30s));
    before = next;
  }
  BOOST_TEST((before == 30s));
}

BOOST_AUTO_TEST_CASE(offers_that_nobody_answers_come_at_longer_and_longer_pauses) {
  reply(6);
  for (const Time expected : {5s, 10s, 20s, 40s, 80s, 120s, 120s})
    BOOST_TEST((pause() == expected));
}

BOOST_AUTO_TEST_CASE(who_is_linked_already_gets_no_offers) {
  reply(3);
  BOOST_TEST(search.due(tracker, 5, 2, now) == 0u);
  BOOST_TEST(search.due(tracker, 5, 1, now) == 1u);
}

BOOST_AUTO_TEST_CASE(the_dial_stops_offers_and_gives_them_back) {
  signal::AnnounceReply reply;
  reply.incomplete = 3;
  reply.triad = signal::TriadExtension{false, {}};
  BOOST_CHECK(search.replied(tracker, reply, now) == Search::Dial::off);
  BOOST_TEST(search.due(tracker, 5, 0, now) == 0u);
  BOOST_TEST(search.excluded());
  reply.triad->peers = true;
  BOOST_CHECK(search.replied(tracker, reply, now) == Search::Dial::on);
  BOOST_TEST(search.due(tracker, 5, 0, now) == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
