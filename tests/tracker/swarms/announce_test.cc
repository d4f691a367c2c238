// SPDX-License-Identifier: LGPL-2.1-or-later
// Who comes, goes and changes sides, and what the replies say.
#include "tracker/swarms/fixture.h"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace triad;
using namespace triad::tracker;
using signal::Event;

namespace {

// Lets everybody in but to one release, and remembers what it was told.
class Gate final : public Permit {
public:
  const char* refusal(const signal::InfoHash& swarm, std::uint32_t swarms) override {
    told.push_back(swarms);
    return closed && swarm == hash_of(1) ? "no entry" : nullptr;
  }
  bool closed = true;
  std::vector<std::uint32_t> told;
};

void check_counts(SwarmsFixture& f, unsigned swarm, unsigned complete, unsigned incomplete,
                  unsigned downloaded = 0) {
  const auto entry = f.scrape(swarm);
  BOOST_TEST(entry.complete == complete);
  BOOST_TEST(entry.incomplete == incomplete);
  BOOST_TEST(entry.downloaded == downloaded);
}

} // namespace

BOOST_AUTO_TEST_SUITE(announce)

BOOST_AUTO_TEST_CASE(the_reply_says_interval_and_counts) {
  SwarmsFixture f;
  f.announce(1, 1, 1, {Event::completed, whole});
  f.announce(2, 1, 2, {Event::started});
  BOOST_TEST(f.box.sent.size() == 2u);
  const Sent& reply = f.box.sent.back();
  BOOST_TEST((reply.kind == Sent::Kind::reply));
  BOOST_TEST(reply.to == 2u);
  BOOST_TEST((reply.info_hash == hash_of(1)));
  BOOST_TEST(reply.interval == 120u);
  BOOST_TEST(reply.complete == 1u);
  BOOST_TEST(reply.incomplete == 1u);
  BOOST_TEST(reply.peers);
  BOOST_TEST(reply.stun.empty());
}

BOOST_AUTO_TEST_CASE(the_reply_names_stun_where_there_is_one) {
  SwarmsSettings settings;
  settings.stun = {"stun:192.0.2.1:8000", "stun:[2001:db8::1]:8000"};
  settings.interval = std::chrono::seconds(7);
  SwarmsFixture f(settings);
  f.announce(1, 1, 1);
  BOOST_TEST(f.box.only(Sent::Kind::reply).stun == settings.stun, boost::test_tools::per_element());
  BOOST_TEST(f.box.only(Sent::Kind::reply).interval == 7u);
}

BOOST_AUTO_TEST_CASE(left_or_completed_make_a_seeder) {
  SwarmsFixture f;
  f.announce(1, 1, 1, {Event::started, whole});
  f.announce(2, 1, 2, {Event::completed, std::nullopt});
  f.announce(3, 1, 3, {Event::started, std::nullopt});
  f.announce(4, 1, 4, {Event::none, 1});
  f.announce(5, 1, 5, {Event::paused, 1});
  check_counts(f, 1, 2, 3);
  f.announce(4, 1, 4, {Event::none, whole});
  f.announce(5, 1, 5, {Event::paused, whole});
  check_counts(f, 1, 4, 1);
}

BOOST_AUTO_TEST_CASE(a_download_counts_where_a_leecher_completes) {
  SwarmsFixture f;
  f.announce(1, 1, 1, {Event::completed, whole}); // a seeder's first, of stock clients
  f.announce(2, 1, 2, {Event::started});
  check_counts(f, 1, 1, 1, 0);
  f.announce(2, 1, 2, {Event::completed, whole});
  f.announce(2, 1, 2, {Event::completed, whole});
  check_counts(f, 1, 2, 0, 1);
}

BOOST_AUTO_TEST_CASE(a_seeder_that_says_nothing_of_bytes_stays_one) {
  SwarmsFixture f;
  f.announce(1, 1, 1, {Event::completed, std::nullopt});
  f.announce(1, 1, 1, {Event::none, std::nullopt});
  check_counts(f, 1, 1, 0);
  f.announce(1, 1, 1, {Event::none, 5}); // it lost some
  check_counts(f, 1, 0, 1);
}

BOOST_AUTO_TEST_CASE(who_stops_is_gone_and_gets_a_reply) {
  SwarmsFixture f;
  f.announce(1, 1, 1);
  f.announce(2, 1, 2, {Event::started, whole});
  f.box.clear();
  f.announce(1, 1, 1, {.event = Event::stopped, .offers = 3});
  const Sent reply = f.box.only(Sent::Kind::reply);
  BOOST_TEST(f.box.sent.size() == 1u); // and none of its offers goes anywhere
  BOOST_TEST(reply.complete == 1u);
  BOOST_TEST(reply.incomplete == 0u);
  f.stop(2, 1, 2);
  BOOST_TEST(f.swarms.totals().swarms == 0u);
}

BOOST_AUTO_TEST_CASE(stopping_what_never_began_opens_no_swarm) {
  SwarmsFixture f;
  f.stop(1, 1, 1);
  BOOST_TEST(f.box.only(Sent::Kind::reply).complete == 0u);
  BOOST_TEST(f.swarms.totals().swarms == 0u);
  BOOST_TEST(f.swarms.totals().connections == 1u);
}

BOOST_AUTO_TEST_CASE(a_closed_connection_takes_all_its_peers_along) {
  SwarmsFixture f;
  for (unsigned swarm = 1; swarm <= 20; ++swarm)
    for (unsigned peer = 1; peer <= 3; ++peer)
      f.announce(peer % 2, swarm, peer);
  check_counts(f, 7, 0, 3);
  f.swarms.closed(1, f.now);
  check_counts(f, 7, 0, 1);
  BOOST_TEST(f.swarms.totals().leechers == 20u);
  BOOST_TEST(f.swarms.totals().connections == 2u); // 0, and who scraped
  f.swarms.closed(0, f.now);
  f.swarms.closed(9999, f.now);
  f.swarms.closed(12345, f.now); // who never said a word
  BOOST_TEST(f.swarms.totals().swarms == 0u);
  BOOST_TEST(f.swarms.totals().connections == 0u);
}

BOOST_AUTO_TEST_CASE(who_falls_silent_expires) {
  SwarmsFixture f;
  f.announce(1, 1, 1);
  f.announce(2, 1, 2);
  f.now = std::chrono::seconds(200);
  f.announce(1, 1, 1);
  f.now = std::chrono::seconds(300);
  f.swarms.expire(f.now);
  check_counts(f, 1, 0, 2);
  f.now = std::chrono::milliseconds(300'001);
  f.swarms.expire(f.now);
  check_counts(f, 1, 0, 1);
  BOOST_TEST(f.swarms.totals().expired == 1u);
  f.announce(2, 1, 2); // its connection still lives
  check_counts(f, 1, 0, 2);
  f.now = std::chrono::seconds(1000);
  f.swarms.expire(f.now);
  BOOST_TEST(f.swarms.totals().swarms == 0u);
  BOOST_TEST(f.swarms.totals().expired == 3u);
}

BOOST_AUTO_TEST_CASE(nonsense_gets_a_failure_and_no_more) {
  SwarmsFixture f;
  for (const char* text : {"", "{", "[]", "{}", R"({"action":"announce"})",
                           R"({"action":"announce","info_hash":"short","peer_id":7})"})
    f.swarms.receive(1, text, nullptr, f.now);
  BOOST_TEST(f.box.of(Sent::Kind::failure).size() == 6u);
  BOOST_TEST(f.swarms.totals().failures == 6u);
  BOOST_TEST(f.swarms.totals().swarms == 0u);
}

BOOST_AUTO_TEST_CASE(a_refusal_names_the_release_and_lets_nobody_in) {
  SwarmsFixture f;
  Gate gate;
  f.announce(1, 1, 1, {.offers = 2}, &gate);
  const Sent failure = f.box.only(Sent::Kind::failure);
  BOOST_TEST(failure.text == "no entry");
  BOOST_TEST((failure.info_hash == hash_of(1)));
  BOOST_TEST(f.swarms.totals().refusals == 1u);
  f.announce(1, 2, 1, {}, &gate);
  BOOST_TEST(f.swarms.totals().leechers == 1u);
}

BOOST_AUTO_TEST_CASE(who_may_no_longer_is_put_out) {
  SwarmsFixture f;
  Gate gate;
  gate.closed = false;
  f.announce(1, 1, 1, {}, &gate);
  gate.closed = true;
  f.announce(1, 1, 1, {}, &gate);
  BOOST_TEST(f.swarms.totals().leechers == 0u);
}

BOOST_AUTO_TEST_CASE(the_permit_hears_in_how_many_swarms_the_connection_is) {
  SwarmsFixture f;
  Gate gate;
  gate.closed = false;
  f.announce(1, 1, 1, {}, &gate);
  f.announce(1, 2, 1, {}, &gate);
  f.announce(1, 2, 1, {}, &gate);
  f.announce(1, 1, 1, {Event::stopped}, &gate);
  f.announce(1, 1, 1, {Event::stopped}, &gate);
  const std::vector<std::uint32_t> expected{1, 2, 2, 1, 1};
  BOOST_TEST(gate.told == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(swarms_are_limited_by_connection_and_in_all) {
  SwarmsSettings settings;
  settings.swarms_per_connection = 2;
  settings.swarms = 3;
  SwarmsFixture f(settings);
  f.announce(1, 1, 1);
  f.announce(1, 2, 1);
  f.announce(1, 3, 1);
  BOOST_TEST((f.box.only(Sent::Kind::failure).info_hash == hash_of(3)));
  f.announce(1, 2, 1); // it is in that one
  f.announce(2, 3, 2);
  BOOST_TEST(f.box.of(Sent::Kind::failure).size() == 1u);
  f.announce(2, 4, 2);
  BOOST_TEST(f.box.of(Sent::Kind::failure).size() == 2u);
  BOOST_TEST(f.swarms.totals().refusals == 2u);
  settings.swarms = 4;
  f.swarms.apply(settings, f.now);
  f.announce(2, 4, 2);
  BOOST_TEST(f.box.of(Sent::Kind::failure).size() == 2u);
}

BOOST_AUTO_TEST_CASE(scrape_tells_of_one_of_many_and_of_all) {
  SwarmsSettings settings;
  settings.request.info_hashes = 5;
  SwarmsFixture f(settings);
  for (unsigned swarm = 0; swarm < 8; ++swarm)
    for (unsigned peer = 0; peer <= swarm; ++peer)
      f.announce(peer, swarm, peer, {Event::started, peer == 0 ? whole : 1});
  f.box.clear();
  signal::ScrapeRequest request;
  request.info_hashes = {hash_of(2), hash_of(77), hash_of(4)};
  f.swarms.receive(1, signal::write(request), nullptr, f.now);
  const Sent many = f.box.only(Sent::Kind::scrape);
  BOOST_TEST(many.interval == 120u);
  BOOST_REQUIRE_EQUAL(many.files.size(), 3);
  std::set<std::uint32_t> leechers;
  for (const auto& file : many.files) {
    BOOST_TEST(file.complete == (file.info_hash == hash_of(77) ? 0u : 1u));
    leechers.insert(file.incomplete);
  }
  BOOST_TEST((leechers == std::set<std::uint32_t>{0, 2, 4}));
  f.box.clear();
  f.swarms.receive(1, signal::write(signal::ScrapeRequest{}), nullptr, f.now);
  BOOST_TEST(f.box.only(Sent::Kind::scrape).files.size() == 5u);
}

BOOST_AUTO_TEST_CASE(scrape_tells_nothing_of_what_is_not_permitted) {
  SwarmsFixture f;
  Gate gate;
  f.announce(1, 1, 1);
  f.announce(1, 2, 1);
  f.box.clear();
  signal::ScrapeRequest request;
  request.info_hashes = {hash_of(1)};
  f.swarms.receive(1, signal::write(request), &gate, f.now);
  BOOST_TEST(f.box.only(Sent::Kind::scrape).files.front().incomplete == 0u);
  f.box.clear();
  f.swarms.receive(1, signal::write(signal::ScrapeRequest{}), &gate, f.now);
  BOOST_REQUIRE_EQUAL(f.box.only(Sent::Kind::scrape).files.size(), 1);
  BOOST_TEST((f.box.only(Sent::Kind::scrape).files.front().info_hash == hash_of(2)));
}

BOOST_AUTO_TEST_CASE(scrape_of_all_asks_for_few_permissions) {
  struct Counting final : Permit {
    const char* refusal(const signal::InfoHash&, std::uint32_t) override {
      ++asked;
      return "no";
    }
    unsigned asked = 0;
  } permit;
  SwarmsFixture f;
  for (unsigned swarm = 0; swarm < 300; ++swarm)
    f.announce(1, swarm, 1);
  f.box.clear();
  f.swarms.receive(2, signal::write(signal::ScrapeRequest{}), &permit, f.now);
  BOOST_TEST(f.box.only(Sent::Kind::scrape).files.empty());
  BOOST_TEST(permit.asked == f.settings.request.info_hashes);
}

BOOST_AUTO_TEST_CASE(the_largest_come_first) {
  SwarmsFixture f;
  for (unsigned swarm = 0; swarm < 10; ++swarm)
    for (unsigned peer = 0; peer <= (swarm * 7) % 10; ++peer)
      f.announce(peer, swarm, peer, {Event::started, peer == 0 ? whole : 1});
  const auto largest = f.swarms.largest(3);
  BOOST_REQUIRE_EQUAL(largest.size(), 3);
  for (unsigned i = 0; i < 3; ++i) {
    BOOST_TEST(largest[i].leechers == 9 - i);
    BOOST_TEST(largest[i].seeders == 1u);
    BOOST_TEST(largest[i].peer_share == 100u);
  }
  BOOST_TEST(f.swarms.largest(100).size() == 10u);
}

BOOST_AUTO_TEST_SUITE_END()
