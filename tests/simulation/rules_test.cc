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

NodeSpec fibre() {
  NodeSpec spec;
  spec.line = {5e6, 12e6, 10ms};
  return spec;
}
NodeSpec dsl() {
  NodeSpec spec;
  spec.line = {125e3, 2e6, 20ms};
  return spec;
}

} // namespace

// Rule 3: the server's bill for a release that peers hold is little more than a head.
BOOST_AUTO_TEST_CASE(an_album_with_three_seeders_costs_the_server_little) {
  World world(1);
  const std::size_t title = world.add_title(10, 150);
  for (int i = 0; i < 3; ++i)
    world.add(dsl()).have_all(title);
  Node& node = world.add(dsl());
  const auto listener = Listener::start(world, node, title);
  world.run(1600s);
  tell(world);
  BOOST_TEST(listener->done());
  BOOST_TEST(listener->stalls() == 0);
  BOOST_TEST(world.totals.server_share() <= 0.05);
  BOOST_TEST(world.totals.wasted_share() <= 0.01);
  expect_clean(world);
}

BOOST_AUTO_TEST_SUITE_END()
