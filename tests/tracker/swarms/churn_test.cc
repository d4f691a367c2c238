// SPDX-License-Identifier: LGPL-2.1-or-later
// Peers that come, go, fall silent and change sides at random, beside a model too simple to be
// wrong; and crowds.
#include "kit/random.h"
#include "tracker/swarms/dial.h"
#include "tracker/swarms/fixture.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

using namespace triad;
using namespace triad::tracker;
using signal::Event;

namespace {

constexpr unsigned swarm_count = 6, peer_count = 60, connection_count = 25;

// What must hold, kept in the plainest way.
class Model {
public:
  struct Member {
    ConnectionId connection;
    bool seeder;
    Time heard;
  };
  using Key = std::pair<unsigned, unsigned>; // swarm, peer

  void announce(ConnectionId from, Key key, bool seeder, Time now) {
    members[key] = {from, seeder, now};
  }
  void stop(ConnectionId from, Key key) {
    if (const auto found = members.find(key);
        found != members.end() && found->second.connection == from)
      members.erase(found);
  }
  void close(ConnectionId connection) {
    std::erase_if(members, [&](const auto& m) { return m.second.connection == connection; });
  }
  void expire(Time now) {
    std::erase_if(members, [&](const auto& m) {
      return now - std::chrono::floor<std::chrono::seconds>(m.second.heard) >
             std::chrono::seconds(300);
    });
  }
  [[nodiscard]] bool excluded(Key key) const {
    return !members.at(key).seeder &&
           dial_bucket(hash_of(key.first), peer_of(key.second)) >= share.at(key.first);
  }
  // To whom `from` may offer.
  [[nodiscard]] std::set<unsigned> takers(Key from) const {
    std::set<unsigned> peers;
    for (const auto& [key, member] : members)
      if (key.first == from.first && key != from && !excluded(key) && !excluded(from) &&
          !(member.seeder && members.at(from).seeder))
        peers.insert(key.second);
    return peers;
  }
  [[nodiscard]] unsigned count(unsigned swarm, bool seeders) const {
    return static_cast<unsigned>(std::count_if(members.begin(), members.end(), [&](const auto& m) {
      return m.first.first == swarm && m.second.seeder == seeders;
    }));
  }

  std::map<Key, Member> members;
  std::map<unsigned, unsigned> share; // by swarm
};

class Churn {
public:
  explicit Churn(std::uint64_t seed) : random_(seed) {
    for (unsigned swarm = 0; swarm < swarm_count; ++swarm)
      model_.share[swarm] = 100;
    for (unsigned peer = 0; peer < peer_count; ++peer)
      numbers_[peer_of(peer)] = peer;
  }

  void step() {
    f_.now += std::chrono::milliseconds(random_.below(2000));
    f_.box.clear();
    const auto from = static_cast<ConnectionId>(random_.below(connection_count));
    const auto what = random_.below(100);
    if (what < 80)
      announce(from);
    else if (what < 88)
      stop(from);
    else if (what < 92)
      close(from);
    else if (what < 97)
      expire();
    else
      turn();
  }

  void check_totals() {
    unsigned seeders = 0, leechers = 0;
    std::set<unsigned> alive;
    for (unsigned swarm = 0; swarm < swarm_count; ++swarm) {
      const auto entry = f_.scrape(swarm);
      BOOST_REQUIRE_EQUAL(entry.complete, model_.count(swarm, true));
      BOOST_REQUIRE_EQUAL(entry.incomplete, model_.count(swarm, false));
      seeders += entry.complete, leechers += entry.incomplete;
      if (entry.complete + entry.incomplete > 0)
        alive.insert(swarm);
    }
    BOOST_REQUIRE_EQUAL(f_.swarms.totals().seeders, seeders);
    BOOST_REQUIRE_EQUAL(f_.swarms.totals().leechers, leechers);
    BOOST_REQUIRE_EQUAL(f_.swarms.totals().swarms, alive.size());
  }

  void end() {
    for (ConnectionId connection = 0; connection < connection_count; ++connection)
      close(connection);
    f_.swarms.closed(9999, f_.now); // who scraped
    const SwarmsTotals& totals = f_.swarms.totals();
    BOOST_TEST(totals.swarms + totals.seeders + totals.leechers + totals.connections == 0u);
    BOOST_TEST(f_.swarms.largest(10).empty());
    BOOST_TEST(totals.offers_relayed > 1000u);
    BOOST_TEST(totals.expired > 10u);
  }

private:
  void announce(ConnectionId from) {
    // A peer mostly stays at its connection; now and then another one announces it.
    const auto peer = static_cast<unsigned>(
        random_.chance(0.95) ? from + connection_count * random_.below(2) : random_.below(50));
    const Model::Key key{static_cast<unsigned>(random_.below(swarm_count)), peer};
    const bool seeder = random_.chance(0.3);
    const Call call{seeder && random_.chance(0.5) ? Event::completed : Event::none,
                    seeder ? 0u : 1u, static_cast<unsigned>(random_.below(6))};
    f_.announce(from, key.first, key.second, call);
    const auto found = model_.members.find(key);
    if (!f_.box.of(Sent::Kind::failure).empty()) { // another connection holds that id
      BOOST_REQUIRE(found != model_.members.end());
      BOOST_REQUIRE_NE(found->second.connection, from);
      BOOST_REQUIRE_EQUAL(f_.box.sent.size(), 1);
      return;
    }
    model_.announce(from, key, seeder, f_.now);
    const Sent reply = f_.box.only(Sent::Kind::reply);
    BOOST_REQUIRE_EQUAL(reply.to, from);
    BOOST_REQUIRE_EQUAL(reply.complete, model_.count(key.first, true));
    BOOST_REQUIRE_EQUAL(reply.incomplete, model_.count(key.first, false));
    BOOST_REQUIRE_EQUAL(reply.peers, !model_.excluded(key));
    check_offers(key, call.offers);
  }

  void check_offers(Model::Key key, unsigned count) {
    const std::set<unsigned> takers = model_.takers(key);
    std::multiset<ConnectionId> possible, got;
    for (const unsigned taker : takers)
      possible.insert(model_.members.at({key.first, taker}).connection);
    std::set<signal::OfferId> ids;
    for (const Sent& offer : f_.box.of(Sent::Kind::offer)) {
      got.insert(offer.to);
      ids.insert(offer.offer);
      BOOST_REQUIRE_EQUAL(numbers_.at(offer.peer), key.second);
    }
    BOOST_REQUIRE_EQUAL(got.size(), std::min<std::size_t>(count, takers.size()));
    BOOST_REQUIRE_EQUAL(ids.size(), got.size());
    BOOST_REQUIRE(std::includes(possible.begin(), possible.end(), got.begin(), got.end()));
  }

  void stop(ConnectionId from) {
    const Model::Key key{static_cast<unsigned>(random_.below(swarm_count)),
                         from + connection_count * static_cast<unsigned>(random_.below(2))};
    f_.stop(from, key.first, key.second);
    model_.stop(from, key);
  }

  void close(ConnectionId connection) {
    f_.swarms.closed(connection, f_.now);
    model_.close(connection);
    BOOST_REQUIRE(f_.box.sent.empty());
  }

  void expire() {
    f_.now += std::chrono::seconds(random_.below(60));
    f_.swarms.expire(f_.now);
    model_.expire(f_.now);
    BOOST_REQUIRE(f_.box.sent.empty());
  }

  void turn() {
    const auto swarm = static_cast<unsigned>(random_.below(swarm_count));
    std::multiset<std::pair<ConnectionId, bool>> expected, got;
    std::map<Model::Key, bool> before;
    for (const auto& [key, member] : model_.members)
      before[key] = model_.excluded(key);
    model_.share[swarm] = static_cast<unsigned>(random_.below(101));
    for (const auto& [key, member] : model_.members)
      if (model_.excluded(key) != before[key])
        expected.emplace(member.connection, !model_.excluded(key));
    f_.swarms.set_peer_share(hash_of(swarm), model_.share[swarm], f_.now);
    for (const Sent& reply : f_.box.of(Sent::Kind::reply))
      got.emplace(reply.to, reply.peers);
    BOOST_REQUIRE((got == expected));
  }

  kit::Random random_;
  SwarmsFixture f_;
  Model model_;
  std::map<signal::PeerId, unsigned> numbers_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(churn)

BOOST_AUTO_TEST_CASE(churn_is_as_the_model_says) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Churn churn(seed);
      for (unsigned i = 0; i < 3000; ++i) {
        churn.step();
        if (i % 50 == 0)
          churn.check_totals();
      }
      churn.check_totals();
      churn.end();
    }
  }
}

BOOST_AUTO_TEST_CASE(fifty_thousand_in_one_swarm) {
  SwarmsFixture f;
  constexpr unsigned peers = 50'000;
  for (unsigned peer = 0; peer < peers; ++peer) {
    f.announce(peer, 1, peer, {Event::started, peer % 5 == 0 ? whole : 1});
    f.box.clear();
  }
  BOOST_TEST(f.swarms.totals().seeders == peers / 5);
  std::set<ConnectionId> reached;
  for (unsigned peer = 1; peer < 2000; ++peer) {
    f.announce(peer, 1, peer, {.left = peer % 5 == 0 ? whole : 1, .offers = 5});
    for (const Sent& offer : f.box.of(Sent::Kind::offer)) {
      BOOST_TEST(offer.to != peer);
      reached.insert(offer.to);
    }
    BOOST_TEST(f.box.sent.size() == 6u);
    f.box.clear();
  }
  // 9995 draws from 50000: about 9050 different ones.
  BOOST_TEST(reached.size() > 8500u);
  f.swarms.set_peer_share(hash_of(1), 50, f.now);
  const auto turned = f.box.sent.size();
  BOOST_TEST(turned > 19'000u); // of 40000 leechers
  BOOST_TEST(turned < 21'000u);
  f.box.clear();
  f.now = std::chrono::seconds(400);
  f.swarms.expire(f.now);
  BOOST_TEST(f.swarms.totals().expired == peers);
  BOOST_TEST(f.swarms.totals().swarms == 0u);
}

BOOST_AUTO_TEST_CASE(peers_that_come_and_go_leave_no_memory) {
  SwarmsFixture f;
  std::uint64_t most = 0;
  for (unsigned round = 0; round < 40; ++round) {
    for (unsigned peer = 0; peer < 500; ++peer)
      f.announce(peer, peer % 7, 1000 * round + peer);
    most = std::max(most, f.swarms.totals().leechers);
    for (unsigned connection = 0; connection < 500; ++connection)
      f.swarms.closed(connection, f.now);
    f.box.clear();
  }
  BOOST_TEST(most == 500u);
  BOOST_TEST(f.swarms.totals().leechers == 0u);
  BOOST_TEST(f.swarms.totals().connections == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
