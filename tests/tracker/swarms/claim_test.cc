// SPDX-License-Identifier: LGPL-2.1-or-later
// Two connections that announce the same peer id: reconnects, thieves and double URLs.
#include "tracker/swarms/fixture.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::tracker;
using signal::Event;

namespace {

// Who of the swarm's other peers an offer reaches: it has two, the offerer and peer 1.
ConnectionId holder(SwarmsFixture& f) {
  f.box.clear();
  f.announce(50, 1, 50, {.offers = 1});
  const ConnectionId to = f.box.only(Sent::Kind::offer).to;
  f.stop(50, 1, 50);
  f.box.clear();
  return to;
}

} // namespace

BOOST_AUTO_TEST_SUITE(claim)

BOOST_AUTO_TEST_CASE(a_reconnect_wins_at_once) {
  SwarmsFixture f;
  f.announce(1, 1, 1);
  f.announce(2, 1, 1, {Event::started});
  BOOST_TEST(f.box.of(Sent::Kind::reply).size() == 2u);
  BOOST_TEST(f.swarms.totals().leechers == 1u);
  BOOST_TEST(holder(f) == 2u);
  f.swarms.closed(1, f.now); // the half-open one ends
  BOOST_TEST(f.swarms.totals().leechers == 1u);
  BOOST_TEST(holder(f) == 2u);
  f.swarms.closed(2, f.now);
  BOOST_TEST(f.swarms.totals().leechers == 0u);
}

BOOST_AUTO_TEST_CASE(offers_made_before_can_be_answered_after) {
  SwarmsFixture f;
  f.announce(3, 1, 3);
  f.announce(1, 1, 1, {.offers = 1});
  f.announce(2, 1, 1);
  f.answer(3, 1, 3, 1, 0);
  BOOST_TEST(f.box.only(Sent::Kind::answer).to == 2u);
}

BOOST_AUTO_TEST_CASE(a_thief_is_refused_once_the_owner_shows) {
  SwarmsFixture f;
  f.announce(1, 1, 1);
  f.announce(2, 1, 1); // a thief
  BOOST_TEST(holder(f) == 2u);
  f.announce(1, 1, 1); // the owner lives
  BOOST_TEST(holder(f) == 1u);
  f.announce(2, 1, 1, {.offers = 1});
  const Sent failure = f.box.only(Sent::Kind::failure);
  BOOST_TEST(failure.to == 2u);
  BOOST_TEST((failure.info_hash == hash_of(1)));
  BOOST_TEST(f.box.sent.size() == 1u);
  BOOST_TEST(holder(f) == 1u);
  f.announce(3, 1, 1); // nor by another connection
  BOOST_TEST(holder(f) == 1u);
}

BOOST_AUTO_TEST_CASE(a_held_id_is_free_when_its_holder_falls_silent) {
  SwarmsFixture f;
  f.announce(1, 1, 1);
  f.announce(2, 1, 1);
  f.announce(1, 1, 1);
  f.now = std::chrono::seconds(150);
  f.announce(3, 1, 1);
  BOOST_TEST(holder(f) == 1u);
  f.now = std::chrono::seconds(151);
  f.announce(3, 1, 1); // the owner's reconnect
  BOOST_TEST(holder(f) == 3u);
}

BOOST_AUTO_TEST_CASE(a_held_id_is_free_when_its_holder_leaves) {
  SwarmsFixture f;
  f.announce(1, 1, 1);
  f.announce(2, 1, 1);
  f.announce(1, 1, 1);
  f.swarms.closed(1, f.now);
  f.announce(2, 1, 1);
  BOOST_TEST(holder(f) == 2u);
}

BOOST_AUTO_TEST_CASE(a_connection_of_the_same_number_is_another) {
  SwarmsFixture f;
  f.announce(1, 1, 1);
  f.announce(2, 1, 1);
  f.swarms.closed(1, f.now);
  f.announce(1, 1, 1); // the number is used again: the newest wins, and holds nothing
  BOOST_TEST(holder(f) == 1u);
  f.announce(3, 1, 1);
  BOOST_TEST(holder(f) == 3u);
}

BOOST_AUTO_TEST_CASE(nobody_stops_another_connections_peer) {
  SwarmsFixture f;
  f.announce(1, 1, 1);
  f.stop(2, 1, 1);
  BOOST_TEST(f.swarms.totals().leechers == 1u);
  BOOST_TEST(f.box.of(Sent::Kind::reply).size() == 2u);
}

BOOST_AUTO_TEST_CASE(the_same_id_in_two_swarms_is_two_peers) {
  SwarmsFixture f;
  f.announce(1, 1, 1);
  f.announce(2, 2, 1);
  BOOST_TEST(f.swarms.totals().leechers == 2u);
  BOOST_TEST(holder(f) == 1u);
}

BOOST_AUTO_TEST_CASE(what_moves_counts_at_its_new_connection) {
  SwarmsSettings settings;
  settings.swarms_per_connection = 1;
  SwarmsFixture f(settings);
  f.announce(1, 1, 1);
  f.announce(2, 2, 2);
  f.announce(2, 1, 1);
  BOOST_TEST((f.box.only(Sent::Kind::failure).info_hash == hash_of(1)));
  BOOST_TEST(holder(f) == 1u);
  f.announce(3, 1, 1);
  f.announce(1, 3, 3); // 1 is free again
  BOOST_TEST(f.box.of(Sent::Kind::failure).empty());
}

BOOST_AUTO_TEST_SUITE_END()
