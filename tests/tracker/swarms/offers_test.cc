// SPDX-License-Identifier: LGPL-2.1-or-later
// Who is handed whose offers, and which answers find their way.
#include "tracker/swarms/fixture.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <map>
#include <set>

using namespace triad;
using namespace triad::tracker;
using signal::Event;

namespace {

std::set<ConnectionId> receivers(const Recorder& box) {
  std::set<ConnectionId> to;
  for (const Sent& offer : box.of(Sent::Kind::offer))
    to.insert(offer.to);
  return to;
}

// Peers 1 to `count`, each on the connection of its number, leechers.
void crowd(SwarmsFixture& f, unsigned count) {
  for (unsigned peer = 1; peer <= count; ++peer)
    f.announce(peer, 1, peer);
  f.box.clear();
}

} // namespace

BOOST_AUTO_TEST_SUITE(offers)

BOOST_AUTO_TEST_CASE(each_offer_goes_to_another_peer) {
  SwarmsFixture f;
  crowd(f, 20);
  f.announce(21, 1, 21, {.offers = 5});
  const auto offers = f.box.of(Sent::Kind::offer);
  BOOST_REQUIRE_EQUAL(offers.size(), 5);
  BOOST_TEST((f.box.sent.front().kind == Sent::Kind::reply)); // comes first
  BOOST_TEST(receivers(f.box).size() == 5u);
  BOOST_TEST(receivers(f.box).count(21) == 0u);
  std::set<signal::OfferId> ids;
  for (const Sent& offer : offers) {
    BOOST_TEST((offer.peer == peer_of(21)));
    BOOST_TEST((offer.info_hash == hash_of(1)));
    BOOST_TEST(offer.text == "v=0\r\n");
    ids.insert(offer.offer);
  }
  BOOST_TEST(ids.size() == 5u);
  BOOST_TEST(f.swarms.totals().offers_received == 5u);
  BOOST_TEST(f.swarms.totals().offers_relayed == 5u);
}

BOOST_AUTO_TEST_CASE(a_small_swarm_gets_what_it_can) {
  SwarmsFixture f;
  f.announce(1, 1, 1, {.offers = 5});
  BOOST_TEST(f.box.of(Sent::Kind::offer).empty());
  f.announce(2, 1, 2, {.offers = 5});
  f.announce(3, 1, 3, {.offers = 5});
  BOOST_TEST(f.box.of(Sent::Kind::offer).size() == 3u);
}

BOOST_AUTO_TEST_CASE(no_more_than_wanted_or_allowed) {
  SwarmsSettings settings;
  settings.request.offers = 4;
  SwarmsFixture f(settings);
  crowd(f, 20);
  f.announce(21, 1, 21, {.offers = 3, .numwant = 2});
  BOOST_TEST(f.box.of(Sent::Kind::offer).size() == 2u);
  f.box.clear();
  f.announce(21, 1, 21, {.offers = 9});
  BOOST_TEST(f.box.of(Sent::Kind::offer).size() == 4u);
}

BOOST_AUTO_TEST_CASE(seeders_offer_to_leechers_only) {
  SwarmsFixture f;
  for (unsigned peer = 1; peer <= 10; ++peer)
    f.announce(peer, 1, peer, {Event::started, peer <= 7 ? whole : 1});
  f.box.clear();
  f.announce(1, 1, 1, {.left = whole, .offers = 8});
  BOOST_TEST((receivers(f.box) == std::set<ConnectionId>{8, 9, 10}));
  f.box.clear();
  f.announce(8, 1, 8, {.offers = 10});
  BOOST_TEST((receivers(f.box) == std::set<ConnectionId>{1, 2, 3, 4, 5, 6, 7, 9, 10}));
}

BOOST_AUTO_TEST_CASE(swarms_do_not_mix) {
  SwarmsFixture f;
  for (unsigned peer = 1; peer <= 10; ++peer)
    f.announce(peer, peer % 2, peer);
  f.box.clear();
  f.announce(1, 1, 1, {.offers = 10});
  BOOST_TEST((receivers(f.box) == std::set<ConnectionId>{3, 5, 7, 9}));
}

BOOST_AUTO_TEST_CASE(peers_of_one_connection_may_meet) {
  SwarmsFixture f;
  f.announce(1, 1, 1);
  f.box.clear();
  f.announce(1, 1, 2, {.offers = 2});
  BOOST_TEST((f.box.only(Sent::Kind::offer).peer == peer_of(2)));
  BOOST_TEST(f.box.only(Sent::Kind::offer).to == 1u);
}

BOOST_AUTO_TEST_CASE(the_choice_is_fair) {
  SwarmsFixture f;
  constexpr unsigned others = 40, rounds = 4000, each = 5;
  crowd(f, others);
  std::map<ConnectionId, unsigned> got;
  for (unsigned round = 0; round < rounds; ++round) {
    f.announce(99, 1, 99, {.offers = each});
    for (const ConnectionId to : receivers(f.box))
      ++got[to];
    f.box.clear();
  }
  BOOST_TEST(got.size() == others);
  const double expected = double(rounds) * each / others; // 500
  double deviation = 0;
  for (const auto& [to, count] : got)
    deviation += std::pow(count - expected, 2) / expected;
  // Chi squared with 39 degrees of freedom stays below 73 in 999 of 1000 cases.
  BOOST_TEST(deviation < 73);
}

BOOST_AUTO_TEST_CASE(an_answer_reaches_who_offered) {
  SwarmsFixture f;
  crowd(f, 1);
  f.announce(2, 1, 2, {.offers = 1});
  f.box.clear();
  f.answer(1, 1, 1, 2, 0);
  const Sent answer = f.box.only(Sent::Kind::answer);
  BOOST_TEST(f.box.sent.size() == 1u); // no reply to the answerer
  BOOST_TEST(answer.to == 2u);
  BOOST_TEST((answer.peer == peer_of(1)));
  BOOST_TEST((answer.offer == offer_of(0)));
  BOOST_TEST((answer.info_hash == hash_of(1)));
  BOOST_TEST(answer.text == "v=1\r\n");
  BOOST_TEST(f.swarms.totals().answers_relayed == 1u);
  BOOST_TEST(f.swarms.totals().answers_lost == 0u);
}

BOOST_AUTO_TEST_CASE(answers_that_nobody_waits_for_are_dropped) {
  SwarmsFixture f;
  crowd(f, 2);
  f.announce(2, 1, 2, {.offers = 1}); // for 1
  f.announce(3, 2, 3);                // in another swarm
  f.announce(4, 1, 4);                // was handed nothing
  f.box.clear();
  f.answer(1, 1, 1, 77, 0); // to nobody
  f.answer(1, 2, 1, 2, 0);  // by way of a swarm in which it is not
  f.answer(3, 2, 3, 2, 0);  // from another swarm
  f.answer(4, 1, 4, 2, 0);  // a stranger's
  f.answer(4, 1, 1, 2, 0);  // in another's name
  f.answer(1, 1, 1, 2, 5);  // to an offer that never was
  f.answer(1, 7, 1, 2, 0);  // in no swarm
  BOOST_TEST(f.box.sent.empty());
  BOOST_TEST(f.swarms.totals().answers_lost == 7u);
  f.answer(1, 1, 1, 2, 0);
  f.answer(1, 1, 1, 2, 0); // twice
  BOOST_TEST(f.box.of(Sent::Kind::answer).size() == 1u);
  BOOST_TEST(f.swarms.totals().answers_lost == 8u);
}

BOOST_AUTO_TEST_CASE(offers_of_three_announces_can_be_answered) {
  SwarmsFixture f;
  crowd(f, 5);
  for (unsigned i = 0; i < 3; ++i)
    f.announce(9, 1, 9, {.offers = 5, .first_offer = 5 * i});
  for (const Sent& offer : f.box.of(Sent::Kind::offer))
    for (unsigned i = 0; i < 15; ++i)
      if (offer.offer == offer_of(i))
        f.answer(offer.to, 1, offer.to, 9, i);
  BOOST_TEST(f.swarms.totals().answers_relayed == 15u);
}

BOOST_AUTO_TEST_CASE(the_gone_get_no_answers) {
  SwarmsFixture f;
  crowd(f, 1);
  f.announce(2, 1, 2, {.offers = 1});
  f.swarms.closed(2, f.now);
  f.box.clear();
  f.answer(1, 1, 1, 2, 0);
  BOOST_TEST(f.box.sent.empty());
  BOOST_TEST(f.swarms.totals().answers_lost == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
