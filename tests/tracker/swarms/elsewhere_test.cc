// SPDX-License-Identifier: LGPL-2.1-or-later
// Trackers that know of each other through a store: fast, slow, away or gone.
#include "tracker/swarms/fake_store.h"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace triad;
using namespace triad::tracker;
using namespace std::chrono_literals;
using signal::Event;

namespace {

struct Two {
  explicit Two(const SwarmsSettings& settings = {}) {
    store.add(settings);
    store.add(settings);
  }
  FakeStore store;
  SwarmsFixture& a() { return store.tracker(0); }
  SwarmsFixture& b() { return store.tracker(1); }
  void clear() { a().box.clear(), b().box.clear(); }
};

std::size_t offers(const SwarmsFixture& f) {
  return f.box.of(Sent::Kind::offer).size();
}

} // namespace

BOOST_AUTO_TEST_SUITE(elsewhere)

BOOST_AUTO_TEST_CASE(offers_and_answers_cross) {
  Two two;
  two.a().announce(1, 1, 1);
  two.store.run();
  two.b().announce(1, 1, 2, {.offers = 3});
  BOOST_TEST(two.b().box.of(Sent::Kind::reply).size() == 1u); // at once
  two.store.run();
  const Sent offer = two.a().box.only(Sent::Kind::offer);
  BOOST_TEST(offer.to == 1u);
  BOOST_TEST((offer.peer == peer_of(2)));
  two.a().answer(1, 1, 1, 2, 0);
  two.store.run();
  const Sent answer = two.b().box.only(Sent::Kind::answer);
  BOOST_TEST(answer.to == 1u);
  BOOST_TEST((answer.peer == peer_of(1)));
  BOOST_TEST((answer.offer == offer.offer));
  BOOST_TEST(two.b().swarms.totals().offers_relayed == 1u);
  BOOST_TEST(two.a().swarms.totals().answers_relayed == 1u);
}

BOOST_AUTO_TEST_CASE(a_stranger_answers_no_offer_from_elsewhere) {
  Two two;
  two.a().announce(1, 1, 1);
  two.store.run();
  two.b().announce(1, 1, 2, {.offers = 1});
  two.store.run();
  two.a().announce(3, 1, 3);
  two.store.run();
  two.a().answer(3, 1, 3, 2, 0); // it was handed nothing
  two.a().answer(3, 1, 1, 2, 0); // not its name
  two.store.run();
  BOOST_TEST(two.b().box.of(Sent::Kind::answer).empty());
  two.store.pass(61s);
  two.a().answer(1, 1, 1, 2, 0); // too late
  two.store.run();
  BOOST_TEST(two.b().box.of(Sent::Kind::answer).empty());
  BOOST_TEST(two.a().swarms.totals().answers_lost == 3u);
}

BOOST_AUTO_TEST_CASE(counts_are_of_all_trackers) {
  Two two;
  two.a().announce(1, 1, 1, {Event::completed, whole});
  two.a().announce(2, 1, 2);
  two.a().announce(2, 1, 2, {Event::completed, whole});
  two.a().announce(3, 1, 3);
  two.b().announce(1, 1, 4);
  BOOST_TEST(two.b().box.only(Sent::Kind::reply).complete == 0u); // nothing is known yet
  two.store.run();
  BOOST_TEST(two.store.seam(1).own_seeders == 0u);
  BOOST_TEST(two.store.seam(1).own_leechers == 1u);
  two.clear();
  two.b().announce(1, 1, 4);
  const Sent reply = two.b().box.only(Sent::Kind::reply);
  BOOST_TEST(reply.complete == 2u);
  BOOST_TEST(reply.incomplete == 2u);
  const auto scraped = two.b().scrape(1);
  BOOST_TEST(scraped.complete == 2u);
  BOOST_TEST(scraped.incomplete == 2u);
  BOOST_TEST(scraped.downloaded == 1u);
  BOOST_TEST(two.b().swarms.totals().leechers == 1u); // totals are this tracker's
}

BOOST_AUTO_TEST_CASE(offers_wait_for_a_late_view_but_not_for_ever) {
  Two two;
  two.b().announce(1, 1, 1); // local
  two.store.run();
  two.a().announce(1, 1, 2);
  two.store.run();
  two.store.pass(20s); // the view grows old
  two.store.slow = true;
  two.clear();
  two.b().announce(3, 1, 3, {.offers = 2});
  two.store.run();
  BOOST_TEST(offers(two.b()) == 0u);
  two.store.pass(900ms);
  BOOST_TEST(offers(two.b()) == 0u);
  two.store.slow = false; // in time
  two.store.run();
  BOOST_TEST(offers(two.b()) == 1u);
  BOOST_TEST(offers(two.a()) == 1u);
  two.store.pass(200ms);
  BOOST_TEST(offers(two.b()) == 1u);

  two.store.pass(20s);
  two.store.slow = true;
  two.clear();
  two.b().announce(3, 1, 3, {.offers = 2});
  two.store.pass(999ms);
  BOOST_TEST(offers(two.b()) == 0u);
  two.store.pass(1ms);
  BOOST_TEST(offers(two.b()) == 1u); // without the others
  BOOST_TEST(offers(two.a()) == 0u);
}

BOOST_AUTO_TEST_CASE(who_left_while_waiting_offers_nothing) {
  Two two;
  two.store.slow = true;
  two.b().announce(1, 1, 1);
  two.b().announce(2, 1, 2, {.offers = 1});
  two.b().announce(3, 1, 3, {.offers = 1});
  two.b().swarms.closed(2, two.b().now);
  two.store.slow = false;
  two.store.run();
  BOOST_TEST(two.b().box.only(Sent::Kind::offer).to == 1u);
  two.store.slow = true;
  two.store.pass(20s);
  two.b().announce(3, 1, 3, {.offers = 1});
  two.b().swarms.closed(1, two.b().now);
  two.b().swarms.closed(3, two.b().now); // the swarm is gone
  two.store.slow = false;
  two.store.run();
  two.store.pass(2s);
  BOOST_TEST(two.b().box.of(Sent::Kind::offer).size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_waits_is_bounded) {
  FakeStore store;
  store.slow = true;
  auto& f = store.add();
  f.sdp = std::string(16'000, 'x');
  unsigned waited = 0;
  for (unsigned swarm = 0; swarm < 120; ++swarm) {
    f.announce(1, swarm, 1);
    f.announce(2, swarm, 2, {.offers = 10});
    waited += f.box.of(Sent::Kind::offer).empty();
    f.box.clear();
  }
  BOOST_TEST(waited > 100u); // 16 MiB of 160 KB each
  BOOST_TEST(waited < 110u);
  store.pass(1s);
  BOOST_TEST(f.box.of(Sent::Kind::offer).size() == waited);
}

BOOST_AUTO_TEST_CASE(a_store_that_is_away_changes_only_the_remote_part) {
  Two two;
  two.store.away = true;
  two.b().announce(1, 1, 1);
  two.b().announce(2, 1, 2, {.offers = 1});
  BOOST_TEST(offers(two.b()) == 0u);
  two.store.pass(1s);
  BOOST_TEST(offers(two.b()) == 1u);
  // It is known to be away now: nobody waits again, in other swarms neither.
  two.clear();
  two.b().announce(2, 1, 2, {.offers = 1});
  BOOST_TEST(offers(two.b()) == 1u);
  two.b().announce(1, 2, 1);
  two.clear();
  two.b().announce(2, 2, 2, {.offers = 1});
  BOOST_TEST(offers(two.b()) == 1u);
  two.b().answer(1, 2, 1, 2, 0);
  BOOST_TEST(two.b().box.of(Sent::Kind::answer).size() == 1u);
  // It comes back, and is told of everybody.
  two.store.away = false;
  while (two.b().swarms.rejoin_elsewhere(3, two.b().now)) {
  }
  two.store.run();
  two.a().announce(9, 1, 9, {.offers = 2});
  two.store.run();
  BOOST_TEST(two.store.seam(0).deliveries == 2u);
}

BOOST_AUTO_TEST_CASE(peers_are_told_of_again_each_once) {
  FakeStore store;
  auto& f = store.add();
  for (unsigned peer = 0; peer < 700; ++peer)
    f.announce(peer, peer % 5, peer);
  for (unsigned peer = 0; peer < 200; ++peer)
    f.swarms.closed(peer, f.now);
  store.seam(0).joins = 0;
  unsigned calls = 0;
  while (f.swarms.rejoin_elsewhere(100, f.now))
    ++calls;
  BOOST_TEST(store.seam(0).joins == 500u);
  BOOST_TEST(calls == 4u);                // and the one that told the last
  f.swarms.rejoin_elsewhere(1000, f.now); // begins anew
  BOOST_TEST(store.seam(0).joins == 1000u);
}

BOOST_AUTO_TEST_CASE(a_tracker_that_dies_is_forgotten) {
  Two two;
  two.a().announce(1, 1, 1);
  two.store.run();
  two.b().announce(1, 1, 2);
  two.store.run();
  two.store.kill(0);
  for (unsigned i = 0; i < 4; ++i) {
    two.store.pass(100s);
    two.b().announce(1, 1, 2, {.offers = 1}); // one offer is lost, no more
    two.store.run();
  }
  two.b().box.clear();
  two.b().announce(1, 1, 2, {.offers = 1});
  BOOST_TEST(two.b().box.only(Sent::Kind::reply).incomplete == 1u);
  const unsigned before = two.store.seam(1).deliveries;
  two.b().announce(1, 1, 2, {.offers = 1});
  two.store.run();
  BOOST_TEST(two.store.seam(1).deliveries == before);
}

BOOST_AUTO_TEST_CASE(its_peers_come_over_and_are_met_here) {
  Two two;
  two.a().announce(1, 1, 1);
  two.store.run();
  two.b().announce(1, 1, 2, {.offers = 1});
  two.store.run();
  two.store.kill(0);
  two.b().announce(2, 1, 1); // reconnects before the view is renewed
  two.b().box.clear();
  const unsigned before = two.store.seam(1).deliveries;
  for (unsigned i = 0; i < 20; ++i)
    two.b().announce(1, 1, 2, {.offers = 1});
  BOOST_TEST(offers(two.b()) == 20u);
  BOOST_TEST(two.store.seam(1).deliveries == before);
}

BOOST_AUTO_TEST_CASE(views_are_asked_for_when_they_are_wanted) {
  Two two;
  FakeStore::Seam& seam = two.store.seam(1);
  two.b().announce(1, 1, 1, {.offers = 1});
  two.store.run();
  BOOST_TEST(seam.looks == 1u);
  two.store.pass(3s);
  two.b().announce(1, 1, 1, {.offers = 1});
  BOOST_TEST(seam.looks == 1u); // fresh enough
  two.store.pass(1ms);
  two.b().announce(1, 1, 1, {.offers = 1});
  BOOST_TEST(seam.looks == 2u);
  two.b().announce(1, 1, 1, {.offers = 1});
  BOOST_TEST(seam.looks == 2u); // it is under way
  two.store.run();
  two.store.pass(29s);
  two.b().announce(1, 1, 1); // for the counts only
  BOOST_TEST(seam.looks == 2u);
  two.store.pass(2s);
  two.b().announce(1, 1, 1);
  BOOST_TEST(seam.looks == 3u);
  two.b().stop(1, 1, 1);
  BOOST_TEST(seam.looks == 3u);
}

BOOST_AUTO_TEST_CASE(local_and_remote_peers_are_equals) {
  FakeStore store;
  for (unsigned tracker = 0; tracker < 3; ++tracker)
    store.add();
  // 10 here, 20 and 30 there; all of them fit into the sample.
  store.sample = 64;
  unsigned peer = 0;
  for (unsigned tracker = 0; tracker < 3; ++tracker)
    for (unsigned i = 0; i < 10 * (tracker + 1); ++i, ++peer)
      store.tracker(tracker).announce(peer, 1, peer);
  store.run();
  std::map<ConnectionId, unsigned> got;
  constexpr unsigned rounds = 3000;
  for (unsigned round = 0; round < rounds; ++round) {
    for (unsigned tracker = 0; tracker < 3; ++tracker)
      store.tracker(tracker).box.clear();
    store.tracker(0).announce(0, 1, 0, {.offers = 5});
    store.run();
    unsigned reached = 0;
    for (unsigned tracker = 0; tracker < 3; ++tracker)
      for (const Sent& offer : store.tracker(tracker).box.of(Sent::Kind::offer))
        ++got[offer.to], ++reached;
    BOOST_TEST(reached == 5u);
    store.pass(100ms);      // each peer of the sample is dealt about once in that time
    if (round % 500 == 499) // nobody expires
      for (unsigned tracker = 0, p = 0; tracker < 3; ++tracker)
        for (unsigned i = 0; i < 10 * (tracker + 1); ++i, ++p)
          store.tracker(tracker).announce(p, 1, p);
  }
  BOOST_TEST(got.size() == 59u);
  BOOST_TEST(got.count(0) == 0u);
  const double expected = rounds * 5 / 59.0; // 254
  for (const auto& [to, count] : got) {
    BOOST_TEST(count > expected * 0.7); // five deviations
    BOOST_TEST(count < expected * 1.3);
  }
}

BOOST_AUTO_TEST_CASE(their_sides_are_met_as_they_are_not_as_the_view_has_them) {
  Two two;
  two.store.sample = 8;
  for (unsigned peer = 0; peer < 80; ++peer)
    two.a().announce(peer, 1, peer, {Event::started, peer < 72 ? whole : 1});
  two.store.run();
  unsigned seeders = 0, leechers = 0;
  for (unsigned round = 0; round < 400; ++round) {
    two.a().box.clear();
    two.b().announce(100, 1, 100, {.offers = 1});
    two.store.run();
    for (const Sent& offer : two.a().box.of(Sent::Kind::offer))
      ++(offer.to < 72 ? seeders : leechers);
    two.store.pass(250ms); // all in all less than a lifetime
  }
  BOOST_TEST(seeders + leechers == 400u);
  BOOST_TEST(leechers > 15u); // 40 expected
  BOOST_TEST(leechers < 70u);
}

BOOST_AUTO_TEST_CASE(a_seeder_meets_leechers_of_elsewhere_only) {
  Two two;
  for (unsigned peer = 0; peer < 10; ++peer)
    two.a().announce(peer, 1, peer, {Event::started, peer < 6 ? whole : 1});
  two.store.run();
  two.b().announce(20, 1, 20, {.left = whole, .offers = 10});
  two.store.run();
  const auto got = two.a().box.of(Sent::Kind::offer);
  BOOST_TEST(got.size() == 4u);
  for (const Sent& offer : got)
    BOOST_TEST(offer.to >= 6u);
}

BOOST_AUTO_TEST_CASE(the_excluded_of_elsewhere_get_nothing) {
  SwarmsSettings settings;
  settings.peer_share = 30;
  Two two(settings);
  for (unsigned peer = 0; peer < 60; ++peer)
    two.a().announce(peer, 1, peer);
  two.store.run();
  two.a().box.clear();
  for (unsigned peer = 100; peer < 130; ++peer)
    two.b().announce(peer, 1, peer, {.offers = 5});
  two.store.run();
  BOOST_TEST(offers(two.a()) > 0u);
  BOOST_TEST(two.store.seam(1).deliveries == offers(two.a())); // none was sent in vain
  settings.peer_share = 0; // turned there only: what comes all the same stops here
  two.a().swarms.apply(settings, two.a().now);
  two.a().box.clear();
  for (unsigned peer = 100; peer < 130; ++peer)
    two.b().announce(peer, 1, peer, {.offers = 5});
  two.store.run();
  BOOST_TEST(offers(two.a()) == 0u);
}

BOOST_AUTO_TEST_CASE(the_store_hears_of_sides_and_of_leaving) {
  Two two;
  two.a().announce(1, 1, 1);
  two.a().announce(2, 1, 2);
  two.a().announce(2, 1, 2, {Event::completed, whole});
  two.a().announce(3, 1, 3);
  two.a().stop(3, 1, 3);
  two.a().announce(4, 1, 4);
  two.a().swarms.closed(4, two.a().now);
  two.b().announce(1, 1, 9);
  two.store.run();
  const auto scraped = two.b().scrape(1);
  BOOST_TEST(scraped.complete == 1u);
  BOOST_TEST(scraped.incomplete == 2u);
  BOOST_TEST(scraped.downloaded == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_delivered_to_nobody_is_dropped) {
  Two two;
  two.a().announce(1, 1, 1);
  two.a().box.clear();
  const std::string frame = R"({"action":"announce"})";
  two.a().swarms.delivered(1, hash_of(2), peer_of(1), peer_of(2), frame, two.a().now);
  two.a().swarms.delivered(1, hash_of(1), peer_of(7), peer_of(2), frame, two.a().now);
  two.a().swarms.seen_elsewhere(hash_of(2), {}, two.a().now);
  BOOST_TEST(two.a().box.sent.empty());
}

BOOST_AUTO_TEST_SUITE_END()
