// SPDX-License-Identifier: LGPL-2.1-or-later
// The schedule's rules with nodes as suppliers: they choke, reject, learn of pieces, share their
// uplinks. Run with --log_level=message for the figures that docs/scheduler.md gives.
#include "simulation/listener.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::kit;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(simulated_nodes)

namespace {

void expect_clean(const World& world) {
  for (const std::string& each : world.violations)
    BOOST_ERROR(each);
}

void tell(const World& world) {
  const World::Totals& totals = world.totals;
  BOOST_TEST_MESSAGE("server " << totals.server / 1000 << " kB (" << 100 * totals.server_share()
                               << " %), peers " << totals.peers / 1000 << " kB, wasted "
                               << 100 * totals.wasted_share() << " %, bad " << totals.bad / 1000
                               << " kB, stalled plays " << totals.stalled_plays << " of "
                               << totals.plays << " (" << totals.stalled / 1ms
                               << " ms), longest start " << totals.longest_start / 1ms << " ms, "
                               << totals.chokes << " chokes, " << totals.rejects << " rejects");
}

NodeSpec dsl() {
  NodeSpec spec;
  spec.line = {125e3, 2e6, 20ms};
  return spec;
}

void add_three_seeders(World& world, std::size_t title) {
  for (int i = 0; i < 3; ++i)
    world.add(dsl()).have_all(title);
}

std::shared_ptr<Listener> listen(World& world, std::size_t title) {
  return Listener::start(world, world.add(dsl()), title);
}

void expect_played(const World& world, const Listener& listener) {
  tell(world);
  BOOST_TEST(listener.done());
  BOOST_TEST(listener.stalls() == 0);
  expect_clean(world);
}

} // namespace

// Rule 3: the server's bill for a release that peers hold is little more than a head.
BOOST_AUTO_TEST_CASE(an_album_with_three_seeders_costs_the_server_little) {
  World world(1);
  const std::size_t title = world.add_title(10, 150);
  add_three_seeders(world, title);
  const auto listener = listen(world, title);
  world.run(1600s);
  expect_played(world, *listener);
  BOOST_TEST(world.totals.server_share() <= 0.02);
  BOOST_TEST(world.totals.wasted_share() <= 0.002);
}

// Rule 3: how far the server stays ahead.
BOOST_AUTO_TEST_CASE(the_server_stays_as_far_ahead_as_it_must) {
  const auto ahead = [](int peers, double up) { // seconds, after 30 s
    World world(1);
    const std::size_t title = world.add_title(1, 300);
    for (int i = 0; i < peers; ++i) {
      NodeSpec spec = dsl();
      spec.line.up = up;
      world.add(spec).have_all(title);
    }
    const auto listener = listen(world, title);
    world.run(30s);
    const auto got =
        static_cast<double>(listener->node().download(title)->totals().server) / 40'000;
    BOOST_TEST_MESSAGE(peers << " peers of " << up / 1000 << " kB/s: " << got
                             << " s of music from the server after 30 s");
    BOOST_TEST(listener->player()->stalls() == 0);
    expect_clean(world);
    return got;
  };
  const double alone = ahead(0, 0), slow = ahead(1, 20e3), fast = ahead(3, 125e3);
  BOOST_TEST(alone >= 70);
  BOOST_TEST(alone <= 95);
  BOOST_TEST(slow >= 15);
  BOOST_TEST(slow <= 50);
  BOOST_TEST(fast <= 11); // head, and 5 s ahead until they are linked
}

// Rule 5: what one who fell silent owes is asked of others in time, and little is asked of two.
BOOST_AUTO_TEST_CASE(peers_that_take_requests_and_send_nothing_are_not_heard) {
  World world(1);
  const std::size_t title = world.add_title(4, 150);
  NodeSpec mute = dsl();
  mute.mute = true;
  for (int i = 0; i < 2; ++i) {
    world.add(mute).have_all(title);
    world.add(dsl()).have_all(title);
  }
  const auto listener = listen(world, title);
  world.run(700s);
  expect_played(world, *listener);
  BOOST_TEST(world.totals.wasted_share() <= 0.005);
  BOOST_TEST(world.totals.server_share() <= 0.05);
}

// Rule 6. That an honest peer is banned would be among the violations.
BOOST_DATA_TEST_CASE(who_lies_is_banned_and_nobody_else, data::make({0.05, 1.0}), lies) {
  World world(1);
  const std::size_t title = world.add_title(4, 150);
  NodeSpec liar = dsl();
  liar.lies = lies;
  Node& bad = world.add(liar);
  bad.have_all(title);
  add_three_seeders(world, title);
  const auto listener = listen(world, title);
  world.run(700s);
  expect_played(world, *listener);
  BOOST_TEST(listener->node().banned(bad));
  BOOST_TEST(world.totals.bans == 1u);
  BOOST_TEST(world.totals.bad <= 10u * 32 * 1024);
}

// Rule 8: listeners in step get about one copy from the server, together.
BOOST_DATA_TEST_CASE(listeners_in_step_share_the_server, data::make({2, 4, 8}), listeners) {
  World world(1);
  const std::size_t title = world.add_title(4, 150);
  std::vector<std::shared_ptr<Listener>> all;
  for (int i = 0; i < listeners; ++i) {
    NodeSpec spec = dsl();
    spec.line.up = 250e3;
    all.push_back(Listener::start(world, world.add(spec), title));
    world.run(50ms);
  }
  world.run(700s);
  tell(world);
  for (const auto& each : all) {
    BOOST_TEST(each->done());
    BOOST_TEST(each->stalls() == 0);
  }
  const double copies = static_cast<double>(world.totals.server) / (4 * 150 * 40e3);
  BOOST_TEST_MESSAGE(listeners << " listeners in step: " << copies << " copies from the server");
  BOOST_TEST(copies <= 1.3 + 0.12 * listeners);
  BOOST_TEST(world.totals.wasted_share() <= 0.02);
  expect_clean(world);
}

BOOST_AUTO_TEST_CASE(all_peers_leave_at_once_and_the_server_carries_on) {
  World world(1);
  const std::size_t title = world.add_title(2, 150);
  add_three_seeders(world, title);
  const auto listener = listen(world, title);
  world.run(40s);
  for (int i = 0; i < 3; ++i) // unseen, until consent is lost
    world.nodes()[static_cast<std::size_t>(i)]->go_offline(30s);
  world.run(280s);
  expect_played(world, *listener);
}

BOOST_AUTO_TEST_CASE(the_server_goes_and_peers_carry_on) {
  World world(1);
  const std::size_t title = world.add_title(4, 150);
  add_three_seeders(world, title);
  const auto listener = listen(world, title);
  world.run(5s);
  world.server_up = false;
  world.run(700s);
  expect_played(world, *listener);
}

// Serving never delays playing: many want what this one has, and its line is thin.
BOOST_AUTO_TEST_CASE(who_gives_to_many_plays_undisturbed) {
  World world(1);
  const std::size_t title = world.add_title(3, 150), other = world.add_title(3, 150);
  NodeSpec thin = dsl();
  thin.line.up = 60e3;
  thin.line.down = 250e3;
  thin.upload_rate = -1;
  Node& giver = world.add(thin);
  giver.have_all(title);
  add_three_seeders(world, other);
  std::vector<std::shared_ptr<Listener>> takers;
  for (int i = 0; i < 6; ++i)
    takers.push_back(Listener::start(world, world.add(dsl()), title));
  world.run(10s);
  const auto listener = Listener::start(world, giver, other);
  world.run(600s);
  tell(world);
  BOOST_TEST_MESSAGE("given meanwhile: " << giver.given() / 1000 << " kB");
  BOOST_TEST(listener->done());
  BOOST_TEST(listener->stalls() == 0);
  BOOST_TEST(giver.given() > 3'000'000u);
  for (const auto& each : takers)
    BOOST_TEST(each->stalls() == 0);
  expect_clean(world);
}

// Who wants the same of one seeder gets about the same of it.
BOOST_AUTO_TEST_CASE(one_seeder_is_fair_to_eight) {
  World world(1);
  const std::size_t title = world.add_title(2, 600);
  NodeSpec spec = dsl();
  spec.line.up = 100e3;
  Node& seeder = world.add(spec);
  seeder.have_all(title);
  std::vector<Node*> nodes;
  std::vector<std::shared_ptr<Listener>> all;
  for (int i = 0; i < 8; ++i) {
    NodeSpec taker = dsl();
    taker.upload_rate = 0; // so that all comes from the one
    nodes.push_back(&world.add(taker));
    all.push_back(Listener::start(world, *nodes.back(), title));
    world.run(200ms);
  }
  world.run(500s);
  std::uint64_t least = UINT64_MAX, most = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::uint64_t bytes = nodes[i]->download(title)->totals().peers;
    least = std::min(least, bytes);
    most = std::max(most, bytes);
    BOOST_TEST(all[i]->player()->stalls() == 0);
  }
  tell(world);
  BOOST_TEST_MESSAGE("one seeder gave " << least / 1000 << " to " << most / 1000 << " kB each");
  BOOST_TEST(static_cast<double>(least) >= 0.5 * static_cast<double>(most));
  BOOST_TEST(static_cast<double>(seeder.given()) >= 0.5 * 100e3 * 500);
  expect_clean(world);
}

BOOST_AUTO_TEST_SUITE_END()
