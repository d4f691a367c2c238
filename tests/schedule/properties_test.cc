// SPDX-License-Identifier: LGPL-2.1-or-later
// Random lives of a schedule: whatever happens, some things never do, and others always.
#include "kit/simulation.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace triad;
using namespace triad::kit;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(schedule_properties)

namespace {

// One life: suppliers with every fault, players that seek, pause and leave. The violations that
// Simulation watches for: a block asked of more than two, twice of one, of one who does not have
// it, after it was verified, beyond what is allowed; a request that is too long; a wake-up in the
// past.
class Life {
public:
  explicit Life(std::uint64_t seed) : life_(shape(seed), seed) {}

  void live(int steps) {
    Random& random = life_.random;
    life_.tell(LookingForPeers{random.chance(0.5)});
    keep_a_server();
    for (int i = 0; i < steps; ++i) {
      step(random.below(12));
      life_.run(Duration(random.below(2'000'000'000)));
    }
  }
  // Everybody but one honest server leaves: who waits then must be served.
  void end_well() {
    for (SimulatedSupplier* each : suppliers_)
      life_.remove(*each);
    suppliers_.clear();
    keep_a_server();
    for (SimulatedPlayer* each : players_)
      if (!each->ended())
        each->play();
    life_.run(120s);
  }

  [[nodiscard]] Simulation& simulation() { return life_; }
  [[nodiscard]] const std::vector<SimulatedPlayer*>& players() const { return players_; }

private:
  static ReleasePtr shape(std::uint64_t seed) {
    Random random(seed * 7919);
    std::vector<std::uint64_t> tracks(random.between(1, 4));
    for (std::uint64_t& length : tracks)
      length = random.between(1, 3'000'000);
    return shape_release(tracks, static_cast<std::uint32_t>(block_size << random.below(6)));
  }

  void keep_a_server() {
    SimulatedSupplier::Spec spec;
    spec.kind = SupplierKind::server;
    spec.rate = 1e6;
    life_.add(spec);
  }

  void step(std::uint64_t what) {
    Random& random = life_.random;
    switch (what) {
    case 0:
    case 1:
      add_supplier();
      break;
    case 2:
      if (!suppliers_.empty()) {
        const std::size_t which = random.below(suppliers_.size());
        life_.remove(*suppliers_[which]);
        suppliers_.erase(suppliers_.begin() + static_cast<std::ptrdiff_t>(which));
      }
      break;
    case 3:
      if (!suppliers_.empty())
        suppliers_[random.below(suppliers_.size())]->set_silent(
            life_.clock.now(), life_.clock.now() + Duration(random.below(5'000'000'000)));
      break;
    case 4:
      if (!suppliers_.empty())
        suppliers_[random.below(suppliers_.size())]->fail(life_.clock.now() + 500ms);
      break;
    case 5:
    case 6:
      if (players_.size() < 4)
        add_player();
      break;
    case 7:
    case 8:
      if (SimulatedPlayer* player = any_player()) {
        const std::uint64_t length = life_.release().file(player->spec().track).length;
        player->seek(random.below(length));
      }
      break;
    case 9:
      if (SimulatedPlayer* player = any_player(); player && player->playing())
        player->pause();
      break;
    case 10:
      for (SimulatedPlayer* player : players_)
        if (player->paused())
          player->play();
      break;
    default:
      if (players_.size() > 1) {
        life_.remove(*players_.back());
        players_.pop_back();
      }
    }
  }

  void add_supplier() {
    Random& random = life_.random;
    SimulatedSupplier::Spec spec;
    spec.kind = random.chance(0.2) ? SupplierKind::server : SupplierKind::peer;
    spec.rate = 5e3 * static_cast<double>(random.between(1, 100));
    spec.delay = Duration(random.below(300'000'000));
    spec.jitter = Duration(random.below(200'000'000));
    spec.loss = random.chance(0.3) ? 0.05 : 0;
    spec.lies = random.chance(0.2) ? 0.2 : 0;
    if (spec.kind == SupplierKind::peer && random.chance(0.5)) {
      spec.has.emplace(life_.release().piece_count());
      for (std::size_t i = 0; i < spec.has->size(); ++i)
        (*spec.has)[i] = random.chance(0.5);
    }
    suppliers_.push_back(&life_.add(spec));
  }

  void add_player() {
    Random& random = life_.random;
    SimulatedPlayer::Spec spec;
    const auto& tracks = life_.release().tracks();
    spec.track = tracks[random.below(tracks.size())];
    spec.byte_rate = 5e3 * static_cast<double>(random.between(2, 20));
    spec.told_rate = spec.byte_rate * (0.5 + random.unit());
    spec.buffer = std::chrono::seconds(random.between(1, 30));
    spec.wants_tail = random.chance(0.3);
    spec.whole_before = random.chance(0.1);
    spec.copy = random.chance(0.2);
    spec.obeys_buffering = random.chance(0.4);
    players_.push_back(&life_.add(spec));
  }

  SimulatedPlayer* any_player() {
    return players_.empty() ? nullptr : players_[life_.random.below(players_.size())];
  }

  Simulation life_;
  std::vector<SimulatedSupplier*> suppliers_;
  std::vector<SimulatedPlayer*> players_;
};

} // namespace

BOOST_DATA_TEST_CASE(nothing_forbidden_happens_and_all_who_wait_are_served, data::xrange(1, 151),
                     seed) {
  Life life(static_cast<std::uint64_t>(seed));
  life.live(60);
  life.end_well();
  for (const std::string& violation : life.simulation().violations())
    BOOST_ERROR(violation);
  for (const SimulatedPlayer* player : life.players()) {
    BOOST_TEST((player->ended() || player->playing()),
               "reader " << static_cast<std::uint32_t>(player->id()) << " is stuck at "
                         << player->waits().value_or(0));
  }
}

BOOST_DATA_TEST_CASE(the_same_seed_gives_the_same_life, data::xrange(1, 6), seed) {
  Life one(static_cast<std::uint64_t>(seed)), other(static_cast<std::uint64_t>(seed));
  one.live(60);
  other.live(60);
  BOOST_TEST(one.simulation().fingerprint() == other.simulation().fingerprint());
}

// With nobody else, each byte of a track comes once, however it is sought through.
BOOST_DATA_TEST_CASE(a_server_alone_is_asked_for_each_byte_once, data::xrange(1, 31), seed) {
  Simulation simulation(shape_release({3'000'000}, 32 * 1024), static_cast<std::uint64_t>(seed));
  SimulatedSupplier::Spec server;
  server.kind = SupplierKind::server;
  server.rate = 500e3;
  simulation.add(server);
  SimulatedPlayer::Spec spec;
  spec.wants_tail = simulation.random.chance(0.5);
  SimulatedPlayer& player = simulation.add(spec);
  for (int i = 0; i < 30; ++i) {
    simulation.run(Duration(simulation.random.below(3'000'000'000)));
    player.seek(simulation.random.below(3'000'000));
  }
  player.seek(0);
  simulation.run(120s);
  BOOST_TEST(player.ended());
  BOOST_TEST(simulation.totals().bytes_server == 3'000'000u);
  BOOST_TEST(simulation.totals().doubled == 0u);
  BOOST_TEST(simulation.violations().empty());
}

BOOST_DATA_TEST_CASE(nothing_beyond_a_stop_is_asked_for, data::xrange(1, 31), seed) {
  const std::uint32_t length = 64 * 1024;
  Simulation simulation(shape_release({4'000'000}, length), static_cast<std::uint64_t>(seed));
  SimulatedSupplier::Spec server;
  server.kind = SupplierKind::server;
  simulation.add(server);
  const std::uint64_t stop = simulation.random.between(1, 4'000'000);
  const PieceIndex end = simulation.release().piece_at(stop - 1) + 1;
  simulation.allowed = [end](PieceIndex piece) { return piece < end; };
  SimulatedPlayer::Spec spec;
  spec.stop = stop;
  SimulatedPlayer& player = simulation.add(spec);
  simulation.run(120s);
  BOOST_TEST(player.ended());
  BOOST_TEST(simulation.violations().empty());
}

// A million pieces: each event costs what it is about, not what there is.
BOOST_AUTO_TEST_CASE(a_huge_release_costs_no_more) {
  const std::uint32_t pieces = 700'000;
  Simulation simulation(shape_release({std::uint64_t{pieces} * block_size}, block_size), 1);
  SimulatedSupplier::Spec supplier;
  simulation.add(supplier);
  supplier.kind = SupplierKind::server;
  simulation.add(supplier);
  for (std::uint32_t i = 0; i < pieces; i += 2)
    simulation.have(PieceIndex(i));
  SimulatedPlayer& player = simulation.add(SimulatedPlayer::Spec{});
  for (int i = 0; i < 200; ++i) {
    player.seek(simulation.random.below(std::uint64_t{pieces} * block_size));
    simulation.run(5s);
  }
  BOOST_TEST(simulation.violations().empty());
  BOOST_TEST(player.start_delay().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
