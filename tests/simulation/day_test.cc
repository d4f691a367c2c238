// SPDX-License-Identifier: LGPL-2.1-or-later
// A day of fifty nodes that come and go. Run with --log_level=message for the figures that
// docs/scheduler.md gives. TRIAD_SIMULATION_SEED runs another day.
#include "simulation/listener.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace triad;
using namespace triad::kit;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(simulated_day)

namespace {

// One who is online for a while, plays albums (some more often than others), pauses between them,
// skips and seeks, and goes: cleanly, or unseen until consent is lost.
class Habit : public std::enable_shared_from_this<Habit> {
public:
  Habit(World& world, Node& node) : world_(world), node_(node) {}
  void begin() {
    node_.go_offline(0ns);
    wait(minutes(240));
  }

private:
  [[nodiscard]] Duration minutes(double mean) { // exponential
    const double drawn = -mean * std::log(1 - world_.random.unit());
    return std::chrono::duration_cast<Duration>(
        std::chrono::duration<double, std::ratio<60>>(std::min(drawn, 10 * mean) + 0.1));
  }
  void wait(Duration offline) {
    world_.clock.after(offline, [self = shared_from_this()] {
      self->node_.go_online();
      self->until_ = self->world_.clock.now() + self->minutes(150);
      self->choose();
    });
  }
  void choose() {
    // The n-th title is played about 1/n as often as the first.
    const double drawn =
        std::pow(static_cast<double>(world_.titles.size() + 1), world_.random.unit());
    listener_ = Listener::start(world_, node_, static_cast<std::size_t>(drawn) - 1);
    live();
  }
  void live() {
    world_.clock.after(5s, [self = shared_from_this()] {
      if (self->world_.clock.now() >= self->until_)
        return self->go();
      if (self->listener_->done())
        return self->rest();
      Random& random = self->world_.random;
      if (random.chance(0.004))
        self->listener_->next();
      else if (random.chance(0.002) && self->listener_->player()->playing())
        self->listener_->seek(random.unit());
      self->live();
    });
  }
  void rest() {
    world_.clock.after(minutes(10), [self = shared_from_this()] {
      if (self->world_.clock.now() >= self->until_)
        self->go();
      else
        self->choose();
    });
  }
  void go() {
    listener_->stop();
    node_.go_offline(world_.random.chance(0.5) ? 0s : 30s);
    wait(minutes(300));
  }

  World& world_;
  Node& node_;
  Time until_{0};
  std::shared_ptr<Listener> listener_;
};

NodeSpec any_line(Random& random) {
  NodeSpec spec;
  switch (random.below(4)) {
  case 0: // DSL
    spec.line = {125e3, 1.2e6, 20ms, 5ms};
    break;
  case 1: // cable
    spec.line = {625e3, 6e6, 12ms, 10ms};
    break;
  case 2: // fibre
    spec.line = {5e6, 12e6, 5ms, 1ms};
    break;
  default: // far off, thin
    spec.line = {60e3, 750e3, 60ms, 30ms};
  }
  return spec;
}

} // namespace

BOOST_AUTO_TEST_CASE(fifty_nodes_with_churn) {
  const char* wanted = std::getenv("TRIAD_SIMULATION_SEED");
  const std::uint64_t seed = wanted ? std::strtoull(wanted, nullptr, 10) : 1;
  BOOST_TEST_CONTEXT("seed " << seed) {
    World world(seed);
    for (int i = 0; i < 40; ++i)
      world.add_title(8, 200);
    // Two seeders (`triad node`) hold a part each; two of the others lie, two never send.
    for (std::size_t i = 0; i < 2; ++i) {
      NodeSpec spec;
      spec.line = {625e3, 6e6, 12ms};
      Node& node = world.add(spec);
      for (std::size_t title = i; title < world.titles.size(); title += 2)
        node.have_all(title);
    }
    std::vector<std::shared_ptr<Habit>> habits;
    for (int i = 0; i < 48; ++i) {
      NodeSpec spec = any_line(world.random);
      if (i < 2)
        spec.lies = i == 0 ? 0.2 : 1.0;
      else if (i < 4)
        spec.mute = true;
      habits.push_back(std::make_shared<Habit>(world, world.add(spec)));
      habits.back()->begin();
    }
    world.run(24h);

    const World::Totals& totals = world.totals;
    auto starts = totals.starts;
    std::sort(starts.begin(), starts.end());
    BOOST_TEST_MESSAGE(
        "played " << totals.plays << " tracks, " << totals.stalled_plays << " with a gap ("
                  << totals.stalled / 1ms << " ms); " << (totals.server + totals.peers) / 1000000
                  << " MB came, " << 100 * totals.server_share() << " % from the server, "
                  << 100 * totals.wasted_share() << " % wasted, " << totals.bad / 1000
                  << " kB bad; " << totals.cached / 1000000 << " MB were cached; start "
                  << starts[starts.size() / 2] / 1ms << " ms in the median, "
                  << starts[starts.size() * 99 / 100] / 1ms << " at 99 %; " << totals.blocks
                  << " blocks, " << totals.messages << " messages of "
                  << totals.wire_bytes / 1000000 << " MB; " << totals.chokes << " chokes, "
                  << totals.rejects << " rejects, " << totals.bans << " bans");
    BOOST_TEST(totals.plays >= 2000u);
    // The goal. Measured: 0.02 % (seeds 1 to 6: 6 of 31,576 plays, 4 of them in one day's 5,310).
    BOOST_TEST(static_cast<double>(totals.stalled_plays) <=
               0.001 * static_cast<double>(totals.plays));
    BOOST_TEST(totals.server_share() <= 0.05);
    BOOST_TEST(totals.wasted_share() <= 0.005);
    BOOST_TEST(totals.bans > 0u);
    for (const std::string& each : world.violations)
      BOOST_ERROR(each);
  }
}

BOOST_AUTO_TEST_SUITE_END()
