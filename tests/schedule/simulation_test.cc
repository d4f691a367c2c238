// SPDX-License-Identifier: LGPL-2.1-or-later
// Whole plays in simulated time: deadlines are met, the server's share and the waste stay small.
// Run with --log_level=message for the figures that docs/scheduler.md gives.
#include "kit/simulation.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::kit;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(schedule_simulation)

namespace {

constexpr std::uint64_t MB = 1'000'000;
constexpr std::uint64_t track = 6 * MB; // 150 s at 40 kB/s

SimulatedSupplier::Spec server(double rate = 2e6) {
  SimulatedSupplier::Spec spec;
  spec.kind = SupplierKind::server;
  spec.rate = rate;
  return spec;
}

SimulatedSupplier::Spec peer(double rate) {
  SimulatedSupplier::Spec spec;
  spec.rate = rate;
  return spec;
}

double milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// A release of one track, and what is checked of every play.
struct Play : Simulation {
  explicit Play(std::uint64_t length = track, std::uint32_t piece_length = 32 * 1024)
      : Simulation(shape_release({length}, piece_length), 1) {}

  void expect_sound_to_the_end(const SimulatedPlayer& player) {
    expect_clean(player);
    BOOST_TEST(player.ended());
    BOOST_TEST(player.stalls() == 0);
  }
  void expect_clean(const SimulatedPlayer& player) {
    for (const std::string& violation : violations())
      BOOST_ERROR(violation);
    BOOST_TEST_MESSAGE(
        "start " << milliseconds(player.start_delay().value_or(0s)) << " ms, " << player.stalls()
                 << " stalls of " << milliseconds(player.stalled()) << " ms; server "
                 << totals().bytes_server / 1000 << " kB in " << totals().requests_server
                 << " requests, peers " << totals().bytes_peers / 1000 << " kB, wasted "
                 << totals().bytes_wasted / 1000 << " kB, bad " << totals().bytes_bad / 1000
                 << " kB");
  }
  // Of all bytes that came.
  [[nodiscard]] double server_share() const {
    return static_cast<double>(totals().bytes_server) /
           static_cast<double>(totals().bytes_server + totals().bytes_peers);
  }
  [[nodiscard]] double wasted_share() const {
    return static_cast<double>(totals().bytes_wasted) /
           static_cast<double>(totals().bytes_server + totals().bytes_peers);
  }
};

} // namespace

// --- the server alone

BOOST_DATA_TEST_CASE(a_server_alone_plays_a_track_and_sends_each_byte_once,
                     data::make({100e3, 300e3, 2e6, 20e6}), rate) {
  Play play;
  play.add(server(rate));
  SimulatedPlayer& player = play.add(SimulatedPlayer::Spec{});
  play.run(170s);
  play.expect_sound_to_the_end(player);
  BOOST_TEST(play.totals().bytes_server == track);
  BOOST_TEST(play.totals().requests_server <= 35u);
  // The delay, the first 64 KiB, and something for the piece's length.
  BOOST_TEST(milliseconds(*player.start_delay()) <= 60 + 1000 * 65'536 / rate);
}

BOOST_AUTO_TEST_CASE(ogg_visits_its_tail_before_it_plays) {
  Play play;
  play.add(server());
  SimulatedPlayer::Spec spec;
  spec.wants_tail = true;
  SimulatedPlayer& player = play.add(spec);
  play.run(170s);
  play.expect_sound_to_the_end(player);
  BOOST_TEST(play.totals().bytes_server == track);
  BOOST_TEST(milliseconds(*player.start_delay()) <= 250);
}

BOOST_AUTO_TEST_CASE(m4a_with_its_index_at_the_end_passes_at_full_speed) {
  Play play;
  play.add(server(1e6));
  SimulatedPlayer::Spec spec;
  spec.whole_before = true;
  SimulatedPlayer& player = play.add(spec);
  play.run(200s);
  play.expect_sound_to_the_end(player);
  BOOST_TEST(milliseconds(*player.start_delay()) <= 6500); // 6 MB at 1 MB/s
}

BOOST_AUTO_TEST_CASE(a_copy_comes_at_full_speed) {
  Play play(30 * MB, 128 * 1024);
  play.add(server(10e6));
  SimulatedPlayer::Spec spec;
  spec.copy = true;
  SimulatedPlayer& player = play.add(spec);
  play.run(3500ms);
  play.expect_clean(player);
  BOOST_TEST(player.ended());
  BOOST_TEST(play.totals().bytes_server == 30 * MB);
}

BOOST_AUTO_TEST_CASE(seeks_sound_soon) {
  Play play(30 * MB, 128 * 1024);
  play.add(server(1e6));
  SimulatedPlayer::Spec spec;
  spec.byte_rate = 110e3;
  SimulatedPlayer& player = play.add(spec);
  play.run(4s);
  for (int i = 0; i < 20; ++i) {
    player.seek(play.random.below(29 * MB));
    play.run(3s);
    BOOST_REQUIRE(player.start_delay().has_value());
    // The delay and two pieces at most, and 250 ms of what was let run out.
    BOOST_TEST(milliseconds(*player.start_delay()) <= 50 + 262 + 250);
  }
  play.expect_clean(player);
}

BOOST_AUTO_TEST_CASE(a_server_that_goes_and_comes_back_is_not_heard) {
  Play play;
  SimulatedSupplier& source = play.add(server());
  SimulatedPlayer& player = play.add(SimulatedPlayer::Spec{});
  play.run(20s);
  // Refused connections, retried every second, for 40 s.
  source.set_silent(20s, 60s);
  for (int i = 0; i < 40; ++i) {
    source.fail(play.clock.now() + 1s);
    play.run(1s);
  }
  play.run(110s);
  play.expect_sound_to_the_end(player);
}

BOOST_AUTO_TEST_CASE(eight_players_of_one_track_cost_one_download) {
  Play play;
  play.add(server());
  std::vector<SimulatedPlayer*> players;
  for (int i = 0; i < 8; ++i) {
    players.push_back(&play.add(SimulatedPlayer::Spec{}));
    play.run(700ms);
  }
  play.run(170s);
  for (const SimulatedPlayer* player : players)
    play.expect_sound_to_the_end(*player);
  BOOST_TEST(play.totals().bytes_server == track);
}

BOOST_AUTO_TEST_CASE(the_next_track_is_there_when_this_one_ends) {
  Simulation simulation(shape_release({4 * MB, 4 * MB}, 32 * 1024), 1);
  simulation.add(server());
  SimulatedPlayer& first = simulation.add(SimulatedPlayer::Spec{});
  SimulatedPlayer::Spec next;
  next.track = FileIndex(1);
  next.purpose = Purpose::prefetch;
  next.follows = first.id();
  SimulatedPlayer& prefetch = simulation.add(next);
  simulation.run(85s);
  BOOST_TEST(simulation.totals().bytes_server <= 4 * MB + 32 * 1024);
  simulation.run(16s);
  BOOST_TEST(first.ended());
  next.purpose = Purpose::play;
  SimulatedPlayer& second = simulation.add(next);
  simulation.remove(prefetch);
  simulation.remove(first);
  BOOST_TEST(second.start_delay().has_value());
  BOOST_TEST(milliseconds(*second.start_delay()) == 0);
  simulation.run(110s);
  BOOST_TEST(second.ended());
  BOOST_TEST(second.stalls() == 0);
  BOOST_TEST(simulation.totals().bytes_server == 8 * MB);
  BOOST_TEST(simulation.violations().empty());
}

// --- an application that pauses until its buffer is full

BOOST_DATA_TEST_CASE(an_application_that_obeys_buffering_always_plays,
                     data::make({2, 5, 10, 20}) * data::make({0, 1, 2}), seconds, company) {
  Play play;
  play.add(server(300e3));
  if (company == 1)
    play.add(peer(30e3));
  if (company == 2)
    play.tell(LookingForPeers{true});
  SimulatedPlayer::Spec spec;
  spec.obeys_buffering = true;
  spec.buffer = std::chrono::seconds(seconds);
  SimulatedPlayer& player = play.add(spec);
  play.run(40s);
  player.seek(track / 2);
  play.run(120s);
  play.expect_sound_to_the_end(player);
  // The buffer at the rate of the line, and at most doubled four times a second from 5 s on.
  BOOST_TEST(milliseconds(*player.start_delay()) <= 1000 + 1.4 * 1000 * seconds * 40 / 300);
}

// --- peers

BOOST_DATA_TEST_CASE(peers_that_are_fast_enough_carry_the_track,
                     data::make({1, 3, 5}) ^ data::make({60e3, 30e3, 200e3}), count, rate) {
  Play play;
  play.add(server());
  play.tell(LookingForPeers{true});
  SimulatedPlayer& player = play.add(SimulatedPlayer::Spec{});
  play.run(3s);
  for (int i = 0; i < count; ++i)
    play.add(peer(rate));
  play.run(160s);
  play.expect_sound_to_the_end(player);
  BOOST_TEST(play.server_share() <= 0.08); // 5 s of head, 3 s until they came, 2 s
  BOOST_TEST(play.wasted_share() <= 0.01);
}

BOOST_AUTO_TEST_CASE(peers_that_are_too_slow_carry_what_they_can) {
  Play play;
  play.add(server());
  SimulatedPlayer& player = play.add(SimulatedPlayer::Spec{});
  play.add(peer(20e3));
  play.run(170s);
  play.expect_sound_to_the_end(player);
  BOOST_TEST(play.server_share() >= 0.45);
  BOOST_TEST(play.server_share() <= 0.60);
  BOOST_TEST(play.wasted_share() <= 0.02);
}

BOOST_AUTO_TEST_CASE(a_peer_that_falls_silent_is_not_heard) {
  Play play;
  play.add(server());
  SimulatedPlayer& player = play.add(SimulatedPlayer::Spec{});
  SimulatedSupplier& first = play.add(peer(60e3));
  play.add(peer(60e3));
  first.set_silent(5s, 100s);
  play.run(170s);
  play.expect_sound_to_the_end(player);
  BOOST_TEST(play.wasted_share() <= 0.005);
  BOOST_TEST(play.server_share() <= 0.06);
}

BOOST_AUTO_TEST_CASE(lost_and_late_blocks_are_not_heard) {
  Play play;
  play.add(server());
  SimulatedPlayer& player = play.add(SimulatedPlayer::Spec{});
  SimulatedSupplier::Spec spec = peer(100e3);
  spec.loss = 0.01;
  spec.jitter = 200ms;
  play.add(spec);
  play.add(spec);
  play.run(170s);
  play.expect_sound_to_the_end(player);
  BOOST_TEST(play.wasted_share() <= 0.01);
  BOOST_TEST(play.server_share() <= 0.08);
}

BOOST_AUTO_TEST_CASE(a_liar_is_named_and_an_honest_peer_is_not) {
  Play play;
  play.add(server());
  SimulatedPlayer& player = play.add(SimulatedPlayer::Spec{});
  SimulatedSupplier::Spec spec = peer(80e3);
  spec.lies = 0.1;
  SimulatedSupplier& liar = play.add(spec);
  play.add(peer(80e3));
  bool banned = false;
  for (int i = 0; i < 170; ++i) {
    play.run(1s);
    if (!banned && !play.totals().liars.empty()) {
      banned = true;
      play.remove(liar);
    }
  }
  play.expect_sound_to_the_end(player);
  BOOST_TEST(banned);
  for (const SupplierId named : play.totals().liars)
    BOOST_TEST((named == liar.id()));
}

BOOST_AUTO_TEST_CASE(peers_that_come_and_go_are_not_heard) {
  Play play;
  play.add(server());
  SimulatedPlayer& player = play.add(SimulatedPlayer::Spec{});
  std::vector<SimulatedSupplier*> linked;
  for (int i = 0; i < 42; ++i) {
    if (linked.size() < 3) {
      linked.push_back(&play.add(peer(20e3 + 10e3 * static_cast<double>(play.random.below(10)))));
    } else {
      play.remove(*linked.front());
      linked.erase(linked.begin());
    }
    play.run(4s);
  }
  play.expect_sound_to_the_end(player);
  BOOST_TEST(play.wasted_share() <= 0.01);
  BOOST_TEST(play.server_share() <= 0.1);
}

BOOST_AUTO_TEST_CASE(all_peers_vanish_and_the_server_carries_on) {
  Play play;
  play.add(server());
  SimulatedPlayer& player = play.add(SimulatedPlayer::Spec{});
  SimulatedSupplier& first = play.add(peer(45e3));
  SimulatedSupplier& second = play.add(peer(10e3));
  play.run(30s);
  play.remove(first);
  play.remove(second);
  play.run(140s);
  play.expect_sound_to_the_end(player);
}

// A machine that sleeps closes no link: nobody says that they are gone.
BOOST_DATA_TEST_CASE(all_peers_fall_silent_and_the_server_carries_on, data::xrange(2, 14),
                     seconds) {
  Play play;
  play.add(server(500e3));
  SimulatedPlayer::Spec spec;
  spec.byte_rate = 176e3;
  SimulatedPlayer& player = play.add(spec);
  for (int i = 0; i < 2; ++i)
    play.add(peer(200e3)).set_silent(std::chrono::seconds(seconds), 100s);
  play.run(40s);
  play.expect_sound_to_the_end(player);
  BOOST_TEST(play.wasted_share() <= 0.02);
}

BOOST_AUTO_TEST_CASE(the_server_vanishes_and_peers_carry_on) {
  Play play;
  SimulatedSupplier& source = play.add(server());
  SimulatedPlayer& player = play.add(SimulatedPlayer::Spec{});
  play.add(peer(60e3));
  play.run(5s);
  play.remove(source);
  play.run(165s);
  play.expect_sound_to_the_end(player);
}

BOOST_AUTO_TEST_CASE(a_long_piece_is_shared_by_all_who_make_it_earlier) {
  // A piece of 1 MiB is 26 s of sound; nobody alone brings it in time.
  Play play(track, 1024 * 1024);
  play.add(server(150e3));
  for (int i = 0; i < 3; ++i)
    play.add(peer(150e3));
  SimulatedPlayer::Spec spec;
  SimulatedPlayer& player = play.add(spec);
  play.run(180s);
  play.expect_sound_to_the_end(player);
  // 1 MiB from the server alone would be 7 s.
  BOOST_TEST(milliseconds(*player.start_delay()) <= 3500);
}

BOOST_AUTO_TEST_SUITE_END()
