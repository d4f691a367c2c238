// SPDX-License-Identifier: LGPL-2.1-or-later
// Three triad-tracker processes that share a real Redis, single and as a Cluster, and what of it
// may die.
#include "tracker/store/listeners.h"
#include "tracker/store/redis_server.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <sstream>

using namespace triad;
using namespace triad::testing;

namespace {

// Ten seconds after its last announce a peer is forgotten.
class Trackers {
public:
  explicit Trackers(const std::string& store) {
    for (int i = 0; i < 3; ++i) {
      all_.push_back(std::make_unique<Child>(
          std::vector<std::string>{TRIAD_TRACKER, "--listen", "127.0.0.1:0", "--store", store,
                                   "--peer-lifetime", "10", "--interval", "5",
                                   "--max-messages-per-second", "1000000"},
          "ready ws://"));
      const std::string& line = all_.back()->line();
      BOOST_REQUIRE(!line.empty());
      urls_.push_back(line.substr(line.find("ws://")));
    }
  }
  [[nodiscard]] const std::string& url(unsigned number) const { return urls_[number % 3]; }
  void kill(unsigned number) { all_[number]->kill(); }

  // As the trackers' own statistics say.
  [[nodiscard]] bool store_answers(unsigned number) const {
    return test::WebSocketClient(url(number)).get("/stats.json").body.find("\"store\":true") !=
           std::string::npos;
  }
  [[nodiscard]] bool store_answers() const {
    return store_answers(0) && store_answers(1) && store_answers(2);
  }

private:
  std::vector<std::unique_ptr<Child>> all_;
  std::vector<std::string> urls_;
};

// In each swarm two peers, at different trackers.
struct Couples {
  Couples(Listeners& listeners, const Trackers& trackers, unsigned count) {
    for (unsigned i = 0; i < count; ++i)
      all.emplace_back(&listeners.join(trackers.url(i), i, 2 * i, i % 2 == 0),
                       &listeners.join(trackers.url(i + 1), i, 2 * i + 1, false));
  }
  [[nodiscard]] bool met() const {
    return std::all_of(all.begin(), all.end(), [](const auto& each) {
      return each.first->met(*each.second) && each.second->met(*each.first);
    });
  }
  std::vector<std::pair<Listener*, Listener*>> all;
};

} // namespace

BOOST_AUTO_TEST_SUITE(store_trackers)

BOOST_AUTO_TEST_CASE(peers_of_three_trackers_meet_and_ghosts_vanish) {
  RedisServer redis;
  Trackers trackers(redis.url());
  Listeners listeners;
  Listener& seeder = listeners.join(trackers.url(0), 1, 1, true);
  Listener& second = listeners.join(trackers.url(1), 1, 2, false);
  Listener& third = listeners.join(trackers.url(2), 1, 3, false);
  listeners.announce_until("all meet", [&] {
    return seeder.met(second) && second.met(seeder) && seeder.met(third) && third.met(seeder) &&
           second.met(third) && third.met(second);
  });
  const auto all_know = [&](unsigned complete, unsigned incomplete) {
    const auto knows = [&](const Listener& each) {
      return each.complete == complete && each.incomplete == incomplete;
    };
    return knows(seeder) && knows(second) && knows(third);
  };
  listeners.announce_until("each knows of all", [&] { return all_know(1, 2); });

  // Nothing stays for ever: each key has its time.
  std::istringstream keys(redis.ask({"KEYS", "*"}));
  unsigned swarms = 0;
  for (std::string key; std::getline(keys, key); ++swarms)
    BOOST_TEST(std::stol(redis.ask({"PTTL", key})) > 0, key);
  BOOST_TEST(swarms == 2u);

  // A tracker dies with two peers. One comes back to another tracker, the other never.
  listeners.join(trackers.url(2), 1, 4, false);
  listeners.announce_until("the fourth is known", [&] { return all_know(1, 3); });
  trackers.kill(2);
  listeners.announce_until("its peers notice", [&] { return third.hung_up; });
  listeners.move(third, trackers.url(0));
  listeners.forget();
  listeners.announce_until("they meet again", [&] {
    return third.met(second) && second.met(third) && third.met(seeder);
  });
  listeners.announce_until("ghosts vanish", [&] { return all_know(1, 2); });
}

BOOST_AUTO_TEST_CASE(while_redis_is_away_announces_are_answered_and_then_peers_meet_again) {
  RedisServer redis;
  Trackers trackers(redis.url());
  Listeners listeners;
  Couples couples(listeners, trackers, 9);
  listeners.announce_until("all meet", [&] { return couples.met(); });
  redis.kill();
  listeners.announce_until("the trackers notice", [&] { return !trackers.store_answers(); });
  listeners.forget();
  listeners.announce_until("all are answered", [&] {
    return std::all_of(couples.all.begin(), couples.all.end(), [](const auto& each) {
      return each.first->replies > 8 && each.second->replies > 8;
    });
  });
  BOOST_TEST(listeners.none_hung_up());
  redis.start();
  listeners.announce_until("the trackers have it again", [&] { return trackers.store_answers(); });
  listeners.forget();
  listeners.announce_until("all meet again", [&] { return couples.met(); });
  BOOST_TEST(listeners.none_hung_up());
}

BOOST_AUTO_TEST_CASE(a_restarted_redis_is_told_of_peers_that_do_not_announce) {
  RedisServer redis;
  Trackers trackers(redis.url());
  Listeners listeners;
  Listener& quiet = listeners.join(trackers.url(0), 1, 1, true);
  listeners.announce_until("it is in", [&] { return redis.ask({"KEYS", "*"}).size() > 40; });
  // From now on it only listens: what Redis knows of it afterwards it has from its tracker.
  redis.kill();
  redis.start();
  const auto known = [&] { return redis.ask({"KEYS", "*"}).find("seeders") != std::string::npos; };
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!known())
    BOOST_REQUIRE(std::chrono::steady_clock::now() < end);
  BOOST_TEST(!quiet.hung_up);
}

BOOST_AUTO_TEST_CASE(a_cluster_loses_a_master_under_load_and_no_swarm) {
  RedisCluster redis;
  Trackers trackers(redis.url());
  Listeners listeners;
  Couples couples(listeners, trackers, 48); // some in each master's slots
  listeners.announce_until("all meet", [&] { return couples.met(); });
  BOOST_TEST(trackers.store_answers());

  redis.kill_master_with_listener();
  listeners.announce_until("the trackers notice", [&] { return !trackers.store_answers(); });
  listeners.forget();
  listeners.announce_until("all are answered", [&] {
    return std::all_of(couples.all.begin(), couples.all.end(), [](const auto& each) {
      return each.first->replies > 0 && each.second->replies > 0;
    });
  });
  listeners.forget();
  listeners.announce_until("all meet again", [&] { return couples.met(); });
  listeners.announce_until("the store is whole", [&] { return trackers.store_answers(); });
  listeners.forget();
  listeners.announce_until("all meet through the new master", [&] { return couples.met(); });

  // Slots also move without a fault: the former master redirects.
  redis.hand_over();
  listeners.forget();
  listeners.announce_until("all meet after a hand-over", [&] { return couples.met(); });
  BOOST_TEST(listeners.none_hung_up());
}

BOOST_AUTO_TEST_SUITE_END()
