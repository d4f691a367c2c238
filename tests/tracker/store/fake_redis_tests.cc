// SPDX-License-Identifier: LGPL-2.1-or-later
// The store against a Redis that redirects, loads, babbles, falls silent and goes away.
#include "tracker/store/envelope.h"
#include "tracker/store/fake_redis.h"
#include "tracker/store/seat.h"
#include "tracker/store/slots.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace triad;
using namespace triad::testing;
using namespace std::chrono_literals;
namespace redis = triad::tracker::redis;

namespace {

struct Loop {
  boost::asio::io_context loop;
  template <typename Condition>
  void until(const char* what, Condition holds) {
    await(loop, what, holds);
  }
};

std::optional<std::string> nothing_special(const Words&) {
  return std::nullopt;
}

// A slot map that gives `node` all, or what is from `from` on to `other`.
auto cluster_of(const FakeRedis& node) {
  return [address = node.address()](const Words& words) -> std::optional<std::string> {
    return words[0] == "CLUSTER" ? std::optional(slots_answer({{0, address}})) : std::nullopt;
  };
}

bool joined(const FakeRedis& fake, std::uint8_t peer) {
  return std::any_of(fake.asked.begin(), fake.asked.end(), [&](const Words& words) {
    return words[0] == "ZADD" && words[3].starts_with(std::string(20, static_cast<char>(peer)));
  });
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_fake, Loop)

BOOST_AUTO_TEST_CASE(it_logs_in_and_subscribes_to_a_channel_of_its_own) {
  FakeRedis fake(loop);
  StoreSeat seat(loop, "redis://me:secret@" + to_string(fake.address()) + "/2", 0xab);
  until("ready", [&] { return seat.ready(); });
  BOOST_TEST(fake.count("AUTH") == 2u); // commands, and the channel
  BOOST_TEST((fake.asked[0] == Words{"AUTH", "me", "secret"}));
  BOOST_TEST((fake.asked[1] == Words{"SELECT", "2"}));
  BOOST_TEST((fake.asked.back() == Words{"SSUBSCRIBE", "triad:tracker:{00000000000000ab}"}));
  until("told of all peers", [&] { return seat.rejoins == 1; });
}

BOOST_AUTO_TEST_CASE(moved_is_followed_and_remembered) {
  FakeRedis first(loop), second(loop);
  first.answer = cluster_of(first);
  second.answer = cluster_of(second);
  StoreSeat seat(loop, first.url());
  until("ready", [&] { return seat.ready(); });
  const redis::Slot slot = redis::key_slot("triad:{" + std::string(40, '1') + "}:");
  first.answer = [&](const Words& words) -> std::optional<std::string> {
    if (words[0].starts_with('Z'))
      return "-MOVED " + std::to_string(slot) + " " + to_string(second.address()) + "\r\n";
    return cluster_of(second)(words);
  };
  seat.store->joined(swarm_of(0x11), peer_of(5), true, 300s);
  until("the second node has it", [&] { return joined(second, 5); });
  BOOST_TEST(seat.store->totals().redirections > 0u);
  // All slots are the second's by now, the channel's too.
  until("the channel followed", [&] { return second.count("SSUBSCRIBE") == 1; });
  const std::size_t before = first.asked.size();
  seat.store->joined(swarm_of(0x11), peer_of(6), true, 300s);
  until("it goes there at once", [&] { return joined(second, 6); });
  BOOST_TEST(first.asked.size() == before);
}

BOOST_AUTO_TEST_CASE(ask_is_followed_once_and_not_remembered) {
  FakeRedis first(loop), second(loop);
  bool migrating = true;
  first.answer = [&](const Words& words) -> std::optional<std::string> {
    if (words[0] == "ZADD" && migrating)
      return "-ASK 1 " + to_string(second.address()) + "\r\n";
    return cluster_of(first)(words);
  };
  second.answer = cluster_of(first);
  StoreSeat seat(loop, first.url());
  until("ready", [&] { return seat.ready(); });
  seat.store->joined(swarm_of(1), peer_of(5), true, 300s);
  until("the second node has it", [&] { return joined(second, 5); });
  const auto zadd = std::find_if(second.asked.begin(), second.asked.end(),
                                 [](const Words& words) { return words[0] == "ZADD"; });
  BOOST_REQUIRE(zadd != second.asked.begin());
  BOOST_TEST((zadd[-1] == Words{"ASKING"}));
  migrating = false;
  seat.store->joined(swarm_of(1), peer_of(6), true, 300s);
  until("the first node has it", [&] { return joined(first, 6); });
  BOOST_TEST(!joined(second, 6));
}

BOOST_AUTO_TEST_CASE(redirections_in_a_circle_end) {
  FakeRedis first(loop), second(loop);
  const auto to = [](FakeRedis& self, FakeRedis& other) {
    return [&](const Words& words) -> std::optional<std::string> {
      if (words[0] == "ZADD")
        return "-MOVED 1 " + to_string(other.address()) + "\r\n";
      return cluster_of(self)(words);
    };
  };
  first.answer = to(first, second);
  second.answer = to(second, first);
  StoreSeat seat(loop, first.url());
  until("ready", [&] { return seat.ready(); });
  seat.store->joined(swarm_of(1), peer_of(5), true, 300s);
  until("given up", [&] { return seat.store->totals().refused == 1; });
  BOOST_TEST(first.count("ZADD") + second.count("ZADD") == 6u);
}

BOOST_AUTO_TEST_CASE(a_cluster_that_is_down_is_told_of_all_peers_when_it_is_up) {
  FakeRedis fake(loop);
  fake.answer = cluster_of(fake);
  StoreSeat seat(loop, fake.url());
  until("ready", [&] { return seat.ready() && seat.rejoins == 1; });
  fake.answer = [&](const Words& words) -> std::optional<std::string> {
    return words[0] == "ZADD" ? std::optional<std::string>("-CLUSTERDOWN The cluster is down\r\n")
                              : cluster_of(fake)(words);
  };
  seat.store->joined(swarm_of(1), peer_of(5), true, 300s);
  until("it is noticed", [&] { return !seat.ready(); });
  BOOST_TEST(seat.store->totals().trouble.find("CLUSTERDOWN") != std::string::npos);
  fake.answer = cluster_of(fake);
  until("told again", [&] { return seat.ready() && seat.rejoins > 1; });
}

BOOST_AUTO_TEST_CASE(slots_without_a_master_are_waited_for) {
  FakeRedis fake(loop);
  fake.answer = [&](const Words& words) -> std::optional<std::string> {
    return words[0] == "CLUSTER" ? std::optional(slots_answer({{1, fake.address()}}))
                                 : std::nullopt;
  };
  StoreSeat seat(loop, fake.url());
  until("asked again", [&] { return fake.count("CLUSTER") >= 3; });
  BOOST_TEST(!seat.ready());
  fake.answer = cluster_of(fake);
  until("ready", [&] { return seat.ready(); });
}

BOOST_AUTO_TEST_CASE(a_node_that_loads_its_data_is_waited_for) {
  FakeRedis fake(loop);
  bool loading = true;
  fake.answer = [&](const Words& words) -> std::optional<std::string> {
    return words[0] == "PING" && loading
               ? std::optional<std::string>("-LOADING Redis is loading the dataset in memory\r\n")
               : std::nullopt;
  };
  StoreSeat seat(loop, fake.url());
  until("several tries", [&] { return fake.connections >= 3; });
  BOOST_TEST(!seat.ready());
  loading = false;
  until("ready", [&] { return seat.ready(); });
}

BOOST_AUTO_TEST_CASE(a_master_that_became_a_replica_is_left_for_another_host) {
  FakeRedis first(loop), second(loop);
  StoreSeat seat(loop, first.url() + "," + to_string(second.address()));
  until("ready", [&] { return seat.ready(); });
  BOOST_TEST(first.connections == 2u);
  first.answer = [](const Words& words) -> std::optional<std::string> {
    return words[0] == "ZADD"
               ? std::optional<std::string>("-READONLY You can't write against a replica.\r\n")
               : std::nullopt;
  };
  // Each time that it lands on the replica it is told so.
  seat.rejoin = [&](std::size_t) {
    seat.store->joined(swarm_of(1), peer_of(5), true, 300s);
    return false;
  };
  seat.store->joined(swarm_of(1), peer_of(5), true, 300s);
  until("the second has it", [&] { return joined(second, 5) && seat.ready(); });
}

BOOST_AUTO_TEST_CASE(a_wrong_password_is_told_and_tried_again) {
  FakeRedis fake(loop);
  bool wrong = true;
  fake.answer = [&](const Words& words) -> std::optional<std::string> {
    return words[0] == "AUTH" && wrong
               ? std::optional<std::string>("-WRONGPASS invalid username-password pair\r\n")
               : std::nullopt;
  };
  StoreSeat seat(loop, "redis://:old@" + to_string(fake.address()));
  until("told",
        [&] { return seat.store->totals().trouble.find("WRONGPASS") != std::string::npos; });
  BOOST_TEST(seat.store->totals().trouble.find("old") == std::string::npos);
  wrong = false;
  until("ready", [&] { return seat.ready(); });
}

BOOST_AUTO_TEST_CASE(a_cluster_has_no_database) {
  FakeRedis fake(loop);
  fake.answer = cluster_of(fake);
  StoreSeat seat(loop, fake.url() + "/1");
  until("told", [&] { return seat.store->totals().trouble.find("database") != std::string::npos; });
  boost::asio::io_context other;
  BOOST_TEST(!tracker::RedisStore::open(other, {.url = "redis://a,b/1"}, {}));
}

BOOST_AUTO_TEST_CASE(babble_ends_a_connection_and_not_the_store) {
  FakeRedis fake(loop);
  StoreSeat seat(loop, fake.url());
  unsigned before = 0;
  for (const std::string& babble :
       {std::string("HTTP/1.1 200 OK\r\n\r\n"), std::string("*2147483647\r\n"),
        std::string("+unasked\r\n"), std::string("\0\0\0\0\r\n", 6), std::string("*-9\r\n")}) {
    until("ready", [&] { return seat.ready() && fake.connections > before; });
    before = fake.connections;
    fake.say(babble);
    until("both connect anew", [&] { return fake.connections >= before + 2; });
  }
  until("ready at last", [&] { return seat.ready(); });
}

BOOST_AUTO_TEST_CASE(garbled_answers_give_no_view) {
  FakeRedis fake(loop);
  StoreSeat seat(loop, fake.url());
  until("ready", [&] { return seat.ready(); });
  fake.answer = [](const Words& words) -> std::optional<std::string> {
    return words[0] == "ZCARD" ? std::optional<std::string>("+many\r\n") : std::nullopt;
  };
  seat.store->look(swarm_of(1), 0, 0);
  until("counted", [&] { return seat.store->totals().garbled == 1; });
  BOOST_TEST(seat.views.empty());
  fake.answer = nothing_special;
  seat.store->look(swarm_of(1), 0, 0);
  until("a view", [&] { return seat.views.size() == 1; });
  BOOST_TEST(seat.views[0].second.seeders == 1u);
}

BOOST_AUTO_TEST_CASE(halves_of_messages_are_put_together) {
  FakeRedis fake(loop);
  StoreSeat seat(loop, fake.url(), 7);
  until("ready", [&] { return seat.ready(); });
  const std::string message =
      array({bulk("smessage"), bulk(fake.asked.back()[1]),
             bulk(redis::write_envelope({9, swarm_of(1), peer_of(2), peer_of(3), "{\"a\":1}"}))});
  for (const std::size_t half : {1u, 20u, 60u, 139u}) {
    const std::size_t before = seat.deliveries.size();
    fake.tell(message.substr(0, half));
    // Something else comes and goes meanwhile.
    seat.store->look(swarm_of(1), 0, 0);
    const std::size_t views = seat.views.size();
    until("a view", [&] { return seat.views.size() > views; });
    BOOST_TEST(seat.deliveries.size() == before);
    fake.tell(message.substr(half));
    until("the message", [&] { return seat.deliveries.size() == before + 1; });
    BOOST_TEST(seat.deliveries.back().frame == "{\"a\":1}");
  }
}

BOOST_AUTO_TEST_CASE(envelopes_are_delivered_and_others_counted) {
  FakeRedis fake(loop);
  const std::string channel = "triad:tracker:{0000000000000007}";
  const auto message = [&](const std::string& payload) {
    return array({bulk("smessage"), bulk(channel), bulk(payload)});
  };
  fake.answer = [&](const Words& words) -> std::optional<std::string> {
    if (words[0] != "SSUBSCRIBE")
      return std::nullopt;
    return array({bulk("ssubscribe"), bulk(channel), ":1\r\n"}) + message("what is this") +
           message(redis::write_envelope({9, swarm_of(1), peer_of(2), peer_of(3), "{}"}));
  };
  StoreSeat seat(loop, fake.url(), 7);
  until("delivered", [&] { return !seat.deliveries.empty(); });
  BOOST_TEST(seat.store->totals().garbled == 1u);
  BOOST_TEST(seat.deliveries[0].home == 9u);
  BOOST_TEST((seat.deliveries[0].to == peer_of(2)));
  BOOST_TEST((seat.deliveries[0].from == peer_of(3)));
  BOOST_TEST(seat.deliveries[0].frame == "{}");
}

BOOST_AUTO_TEST_CASE(a_tracker_that_does_not_listen_is_left_out_of_views) {
  FakeRedis fake(loop);
  std::string receivers = ":0\r\n";
  const std::string member = std::string(20, '\5') + std::string("\0\0\0\0\0\0\0\x8", 8);
  fake.answer = [&](const Words& words) -> std::optional<std::string> {
    if (words[0] == "ZRANDMEMBER")
      return array({bulk(member)});
    return words[0] == "SPUBLISH" ? std::optional(receivers) : std::nullopt;
  };
  StoreSeat seat(loop, fake.url());
  until("ready", [&] { return seat.ready(); });
  const auto look = [&] {
    seat.store->look(swarm_of(1), 0, 0);
    const std::size_t before = seat.views.size();
    until("a view", [&] { return seat.views.size() > before; });
    return seat.views.back().second.sample.size();
  };
  BOOST_TEST(look() == 2u);
  seat.store->deliver(8, swarm_of(1), peer_of(5), peer_of(1), "{}");
  until("nobody heard", [&] { return seat.store->totals().undelivered == 1; });
  BOOST_TEST(look() == 0u);
  receivers = ":1\r\n";
  seat.store->deliver(8, swarm_of(1), peer_of(5), peer_of(1), "{}");
  until("it listens again", [&] { return fake.count("SPUBLISH") == 2; });
  BOOST_TEST(look() == 2u);
}

BOOST_AUTO_TEST_CASE(silence_ends_a_connection) {
  FakeRedis fake(loop);
  StoreSeat seat(loop, fake.url(), 1, 600ms);
  until("ready", [&] { return seat.ready(); });
  const unsigned before = fake.connections;
  fake.answer = [](const Words&) { return std::optional<std::string>(""); };
  until("it is noticed", [&] { return seat.store->totals().reconnections >= 2; });
  BOOST_TEST(seat.store->totals().trouble.find("silent") != std::string::npos);
  fake.answer = nothing_special;
  until("ready", [&] { return seat.ready() && fake.connections > before; });
}

BOOST_AUTO_TEST_CASE(while_redis_is_away_nothing_is_kept_and_then_all_are_told) {
  FakeRedis gone(loop), fake(loop);
  StoreSeat seat(loop, gone.url() + "," + to_string(fake.address()));
  until("ready", [&] { return seat.ready() && seat.rejoins == 1; });
  // Whichever it took is away from now on.
  FakeRedis& taken = gone.connections > 0 ? gone : fake;
  FakeRedis& other = gone.connections > 0 ? fake : gone;
  other.answer = [](const Words&) { return std::optional<std::string>("-LOADING\r\n"); };
  taken.go_away();
  until("it is noticed", [&] { return !seat.ready(); });
  for (int i = 0; i < 100; ++i) {
    seat.store->joined(swarm_of(1), peer_of(5), true, 300s);
    seat.store->look(swarm_of(1), 0, 0);
    seat.store->deliver(8, swarm_of(1), peer_of(5), peer_of(1), "{}");
  }
  until("dropped", [&] { return seat.store->totals().dropped >= 200; });
  int calls = 3;
  seat.rejoin = [&](std::size_t most) {
    BOOST_TEST(most > 0u);
    return --calls > 0;
  };
  other.answer = nothing_special;
  until("told of all", [&] { return seat.ready() && calls == 0; });
  BOOST_TEST(other.count("ZADD") == 0u);
}

BOOST_AUTO_TEST_CASE(what_waits_for_a_slow_node_is_bounded) {
  FakeRedis fake(loop);
  StoreSeat seat(loop, fake.url());
  until("ready", [&] { return seat.ready(); });
  const std::string frame(100'000, 'x');
  for (int i = 0; i < 200; ++i)
    seat.store->deliver(8, swarm_of(1), peer_of(5), peer_of(1), frame); // 20 MB in one turn
  const auto dropped = seat.store->totals().dropped;
  BOOST_TEST(dropped > 100u);
  BOOST_TEST(dropped < 130u);
  until("the rest arrives", [&] { return fake.count("SPUBLISH") == 200 - dropped; });
  BOOST_TEST(seat.ready());
}

BOOST_AUTO_TEST_CASE(it_may_end_at_any_time) {
  for (int turns = 0; turns < 40; ++turns) {
    FakeRedis fake(loop);
    {
      StoreSeat seat(loop, fake.url());
      for (int i = 0; i < turns; ++i) {
        loop.restart();
        loop.run_one_for(50ms);
        seat.store->look(swarm_of(1), 0, 0);
      }
    }
    loop.restart();
    loop.poll();
  }
}

BOOST_AUTO_TEST_SUITE_END()
