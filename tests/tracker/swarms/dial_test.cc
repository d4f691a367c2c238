// SPDX-License-Identifier: LGPL-2.1-or-later
// The operator's dial: who is excluded, what the excluded miss, and who hears of a turn.
#include "tracker/swarms/dial.h"
#include "tracker/swarms/fixture.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <set>

using namespace triad;
using namespace triad::tracker;
using signal::Event;

namespace {

SwarmsSettings shared_by(unsigned percent) {
  SwarmsSettings settings;
  settings.peer_share = percent;
  return settings;
}

bool excluded(unsigned peer, unsigned share) {
  return dial_bucket(hash_of(1), peer_of(peer)) >= share;
}

// Connections to which a complete reply of swarm 1 was pushed that says `peers`.
std::set<ConnectionId> told(const Recorder& box, bool peers) {
  std::set<ConnectionId> connections;
  for (const Sent& sent : box.sent) {
    BOOST_TEST((sent.kind == Sent::Kind::reply));
    BOOST_TEST((sent.info_hash == hash_of(1)));
    BOOST_TEST(sent.interval >= 60u);
    BOOST_TEST(sent.interval <= 120u);
    if (sent.peers == peers)
      BOOST_TEST(connections.insert(sent.to).second);
  }
  return connections;
}

} // namespace

BOOST_AUTO_TEST_SUITE(dial)

BOOST_AUTO_TEST_CASE(the_bucket_is_the_documented_one) {
  // printf 'AAAAAAAAAAAAAAAAAAAA-WW0300-abcdefghijkl' | sha256sum, its first 16 digits mod 100
  signal::InfoHash info_hash;
  info_hash.bytes.fill('A');
  signal::PeerId peer;
  const std::string_view name = "-WW0300-abcdefghijkl";
  std::copy(name.begin(), name.end(), peer.bytes.begin());
  BOOST_TEST(unsigned{dial_bucket(info_hash, peer)} == 96u);
}

BOOST_AUTO_TEST_CASE(buckets_are_even_over_ids_of_one_client) {
  std::array<unsigned, 100> buckets{};
  constexpr unsigned peers = 100'000;
  for (unsigned peer = 0; peer < peers; ++peer)
    ++buckets[dial_bucket(hash_of(1), peer_of(peer))];
  double deviation = 0;
  for (const unsigned count : buckets)
    deviation += (count - peers / 100.0) * (count - peers / 100.0) / (peers / 100.0);
  BOOST_TEST(deviation < 148.2); // chi squared, 99 degrees of freedom, 999 of 1000
}

BOOST_AUTO_TEST_CASE(another_release_excludes_others) {
  unsigned both = 0;
  for (unsigned peer = 0; peer < 10'000; ++peer)
    both +=
        dial_bucket(hash_of(1), peer_of(peer)) < 50 && dial_bucket(hash_of(2), peer_of(peer)) < 50;
  BOOST_TEST(both > 2300u);
  BOOST_TEST(both < 2700u);
}

BOOST_AUTO_TEST_CASE(the_excluded_are_told_and_get_no_offers_either_way) {
  SwarmsFixture f(shared_by(40));
  for (unsigned peer = 0; peer < 200; ++peer)
    f.announce(peer, 1, peer, {.offers = 5});
  for (const Sent& sent : f.box.sent) {
    if (sent.kind == Sent::Kind::reply) {
      BOOST_TEST(sent.peers == !excluded(sent.to, 40));
    } else {
      BOOST_TEST((sent.kind == Sent::Kind::offer));
      BOOST_TEST(!excluded(sent.to, 40));
    }
  }
  for (unsigned peer = 0; peer < 200; ++peer)
    if (excluded(peer, 40)) {
      f.box.clear();
      f.announce(peer, 1, peer, {.offers = 5});
      BOOST_TEST(f.box.sent.size() == 1u);
      BOOST_TEST(f.box.only(Sent::Kind::reply).incomplete == 200u); // all the same
    }
}

BOOST_AUTO_TEST_CASE(seeders_always_stay) {
  SwarmsFixture f(shared_by(0));
  f.announce(1, 1, 1, {Event::started, whole});
  BOOST_TEST(f.box.only(Sent::Kind::reply).peers);
  f.box.clear();
  f.announce(2, 1, 2, {.offers = 1});
  BOOST_TEST(!f.box.only(Sent::Kind::reply).peers);
  f.box.clear();
  f.announce(2, 1, 2, {Event::completed, whole}); // it has all now
  BOOST_TEST(f.box.only(Sent::Kind::reply).peers);
  f.box.clear();
  f.announce(2, 1, 2, {Event::none, 5}); // and lost some
  BOOST_TEST(!f.box.only(Sent::Kind::reply).peers);
}

BOOST_AUTO_TEST_CASE(an_answer_to_or_from_the_excluded_is_dropped) {
  SwarmsFixture f;
  f.announce(1, 1, 1);
  f.announce(2, 1, 2, {.offers = 1});
  f.announce(1, 1, 1, {.offers = 1, .first_offer = 7});
  f.swarms.apply(shared_by(0), f.now);
  f.box.clear();
  f.answer(1, 1, 1, 2, 0);
  f.answer(2, 1, 2, 1, 7);
  BOOST_TEST(f.box.sent.empty());
  BOOST_TEST(f.swarms.totals().answers_lost == 2u);
}

BOOST_AUTO_TEST_CASE(a_turn_moves_only_the_difference_and_tells_only_them) {
  SwarmsFixture f;
  constexpr unsigned peers = 300;
  for (unsigned peer = 0; peer < peers; ++peer)
    f.announce(peer, 1, peer, {Event::started, peer % 10 == 0 ? whole : 1});
  unsigned share = 100;
  for (const unsigned next : {100u, 99u, 60u, 61u, 0u, 0u, 5u, 50u, 100u}) {
    f.box.clear();
    f.swarms.apply(shared_by(next), f.now);
    std::set<ConnectionId> out, in;
    for (unsigned peer = 0; peer < peers; ++peer)
      if (peer % 10 != 0 && excluded(peer, share) != excluded(peer, next))
        (excluded(peer, next) ? out : in).insert(peer);
    BOOST_TEST((told(f.box, false) == out));
    BOOST_TEST((told(f.box, true) == in));
    for (const Sent& reply : f.box.sent) {
      BOOST_TEST(reply.complete == peers / 10);
      BOOST_TEST(reply.incomplete == peers * 9 / 10);
    }
    share = next;
  }
}

BOOST_AUTO_TEST_CASE(those_told_do_not_all_announce_at_once) {
  SwarmsFixture f;
  for (unsigned peer = 0; peer < 610; ++peer)
    f.announce(peer, 1, peer);
  f.box.clear();
  f.swarms.apply(shared_by(0), f.now);
  std::array<unsigned, 121> at{};
  for (const Sent& sent : f.box.sent)
    ++at[sent.interval];
  BOOST_TEST(f.box.sent.size() == 610u);
  BOOST_TEST(*std::max_element(at.begin(), at.end()) < 30u); // 10 expected in each of 61 seconds
  f.announce(1, 1, 1);
  BOOST_TEST(f.box.sent.back().interval == 120u); // as ever
}

BOOST_AUTO_TEST_CASE(a_releases_own_share_overrides_the_general_one) {
  SwarmsFixture f;
  for (unsigned peer = 0; peer < 50; ++peer)
    for (unsigned swarm = 1; swarm <= 2; ++swarm)
      f.announce(peer, swarm, peer);
  f.box.clear();
  f.swarms.set_peer_share(hash_of(1), 0, f.now);
  BOOST_TEST(told(f.box, false).size() == 50u);
  f.box.clear();
  SwarmsSettings half = shared_by(50);
  half.peer_shares = {{hash_of(1), 0}};
  f.swarms.apply(half, f.now); // moves swarm 2 only
  BOOST_TEST(!f.box.sent.empty());
  for (const Sent& sent : f.box.sent)
    BOOST_TEST((sent.info_hash == hash_of(2)));
  f.box.clear();
  f.swarms.set_peer_share(hash_of(1), std::nullopt, f.now);
  BOOST_TEST(told(f.box, false).empty());
  for (const ConnectionId to : told(f.box, true))
    BOOST_TEST(!excluded(to, 50));
  f.swarms.set_peer_share(hash_of(3), 7, f.now); // before anybody came
  f.announce(1, 3, 1);
  for (const SwarmSummary& swarm : f.swarms.largest(3))
    BOOST_TEST(swarm.peer_share == (swarm.info_hash == hash_of(3) ? 7u : 50u));
}

// A listener that is told to leave its peers leaves them: it must not hear of what is between.
BOOST_AUTO_TEST_CASE(all_shares_change_in_one_step) {
  SwarmsSettings settings = shared_by(0);
  settings.peer_shares = {{hash_of(1), 100}, {hash_of(2), 50}};
  SwarmsFixture f(settings);
  for (unsigned peer = 0; peer < 50; ++peer)
    for (unsigned swarm = 1; swarm <= 2; ++swarm)
      f.announce(peer, swarm, peer);
  f.box.clear();
  settings = shared_by(100); // the first one stays where it is
  settings.peer_shares = {{hash_of(2), 0}};
  f.swarms.apply(settings, f.now);
  BOOST_TEST(f.box.sent.size() > 10u);
  for (const Sent& sent : f.box.sent) {
    BOOST_TEST((sent.info_hash == hash_of(2)));
    BOOST_TEST(!sent.peers);
  }
}

BOOST_AUTO_TEST_CASE(stun_is_said_to_the_excluded_too) {
  SwarmsSettings settings = shared_by(0);
  settings.stun = {"stun:192.0.2.1:8000"};
  SwarmsFixture f(settings);
  f.announce(1, 1, 1);
  BOOST_TEST(f.box.only(Sent::Kind::reply).stun == settings.stun, boost::test_tools::per_element());
  BOOST_TEST(!f.box.only(Sent::Kind::reply).peers);
}

BOOST_AUTO_TEST_SUITE_END()
