// SPDX-License-Identifier: LGPL-2.1-or-later
// Whole plays in simulated time: deadlines are met, the server's share and the waste stay small.
#include "kit/simulation.h"

#include <boost/test/unit_test.hpp>

#include <iostream>

using namespace triad;
using namespace triad::kit;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(schedule_simulation)

namespace {

constexpr std::uint64_t KB = 1000, MB = 1'000'000;

SimulatedSupplier::Spec server(double rate = 2e6) {
  SimulatedSupplier::Spec spec;
  spec.kind = SupplierKind::server;
  spec.rate = rate;
  return spec;
}

void expect_clean(const Simulation& simulation) {
  for (const std::string& violation : simulation.violations())
    BOOST_ERROR(violation);
}

} // namespace


namespace {
void report(const char* name, Simulation& s, const SimulatedPlayer& p) {
  const auto& t = s.totals();
  std::cerr << name << ": start " << (p.start_delay() ? static_cast<double>(p.start_delay()->count()) / 1e6 : -1)
            << " ms, ended " << p.ended() << ", stalls " << p.stalls() << " ("
            << static_cast<double>(p.stalled().count()) / 1e6 << " ms), server " << t.bytes_server / KB << " kB in "
            << t.requests_server << ", peers " << t.bytes_peers / KB << ", wasted "
            << t.bytes_wasted / KB << ", doubled " << t.doubled << ", bad " << t.bytes_bad/KB << " liars " << t.liars.size()<< "\n";
  for (std::size_t i = 0; i < std::min<std::size_t>(5, s.violations().size()); ++i)
    std::cerr << "   !! " << s.violations()[i] << "\n";
}
SimulatedSupplier::Spec peer(double rate) { SimulatedSupplier::Spec spec; spec.rate = rate; return spec; }
}
BOOST_AUTO_TEST_CASE(explore) {
  {
    Simulation s(shape_release({6 * MB}, 32 * 1024), 1);
    s.add(server());
    auto& p = s.add(SimulatedPlayer::Spec{});
    s.run(160s); report("server", s, p);
  }
  for (double r : {30e3, 50e3, 60e3, 100e3, 300e3, 20e6}) {
    Simulation s(shape_release({6 * MB}, 32 * 1024), 1);
    s.add(server(r));
    auto& p = s.add(SimulatedPlayer::Spec{});
    s.run(360s); report(("server " + std::to_string(r)).c_str(), s, p);
  }
  for (int b : {2, 5, 10, 20}) for (bool peers : {false, true}) {
    Simulation s(shape_release({6 * MB}, 32 * 1024), 1);
    s.add(server(300e3));
    if (peers) s.add(peer(30e3));
    SimulatedPlayer::Spec spec; spec.obeys_buffering = true; spec.buffer = std::chrono::seconds(b);
    auto& p = s.add(spec);
    s.run(360s); report(("buffering " + std::to_string(b)).c_str(), s, p);
  }
  for (auto [n, r] : std::vector<std::pair<int, double>>{{1, 20e3}, {1, 50e3}, {1, 100e3}, {3, 20e3}, {3, 50e3}, {5, 200e3}}) {
    Simulation s(shape_release({6 * MB}, 32 * 1024), 1);
    s.add(server());
    s.tell(LookingForPeers{true});
    auto& p = s.add(SimulatedPlayer::Spec{});
    s.run(3s);
    for (int i = 0; i < n; ++i) s.add(peer(r));
    s.run(200s); report((std::to_string(n) + " peers of " + std::to_string(r)).c_str(), s, p);
  }
  {
    Simulation s(shape_release({6 * MB}, 32 * 1024), 1);
    s.add(server());
    auto& p = s.add(SimulatedPlayer::Spec{});
    s.run(1s);
    auto& a = s.add(peer(100e3)); s.add(peer(80e3)); 
    a.set_silent(20s, 60s);
    s.run(200s); report("silent peer", s, p);
  }
  {
    Simulation s(shape_release({6 * MB}, 32 * 1024), 1);
    s.add(server());
    auto& p = s.add(SimulatedPlayer::Spec{});
    auto a = peer(100e3); a.loss = 0.01; a.jitter = 100ms; s.add(a); s.add(a);
    s.run(200s); report("lossy peers", s, p);
  }
  {
    Simulation s(shape_release({6 * MB}, 32 * 1024), 1);
    s.add(server());
    auto& p = s.add(SimulatedPlayer::Spec{});
    auto a = peer(100e3); a.lies = 0.05; s.add(a); s.add(peer(80e3));
    s.run(200s); report("liar", s, p);
  }
  {
    Simulation s(shape_release({6 * MB}, 32 * 1024), 1);
    s.add(server());
    SimulatedPlayer::Spec spec; spec.wants_tail = true;
    auto& p = s.add(spec);
    s.run(200s); report("ogg", s, p);
  }
  {
    Simulation s(shape_release({6 * MB}, 32 * 1024), 1);
    s.add(server(1e6));
    SimulatedPlayer::Spec spec; spec.whole_before = true;
    auto& p = s.add(spec);
    s.run(200s); report("m4a", s, p);
  }
  {
    Simulation s(shape_release({30 * MB}, 128 * 1024), 1);
    s.add(server(10e6));
    SimulatedPlayer::Spec spec; spec.copy = true;
    auto& p = s.add(spec);
    s.run(4s); report("copy", s, p);
  }
  {
    Simulation s(shape_release({30 * MB}, 128 * 1024), 1);
    s.add(server(1e6));
    SimulatedPlayer::Spec spec; spec.byte_rate = 110e3;
    auto& p = s.add(spec);
    s.run(4s); 
    for (int i = 0; i < 10; ++i) { p.seek(s.random.below(30*MB)); s.run(3s); report("seek", s, p); }
  }
}

BOOST_AUTO_TEST_SUITE_END()
