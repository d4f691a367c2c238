// SPDX-License-Identifier: LGPL-2.1-or-later
#include "churn.h"

#include "load.h"
#include "process.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <iostream>

namespace triad::load {

namespace {

constexpr double longest_pause = 8; // seconds before a lost peer tries again
constexpr double shortest_pause = 0.5;
constexpr double answered = 0.5; // share of the offers

Clock::duration duration(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

} // namespace

Churn::Churn(const Options& options)
    : options_(options),
      swarms_(make_swarms(options.swarms)),
      peers_(make_peers(options)),
      connections_(*this),
      writer_(options.seed),
      random_(options.seed),
      clients_(options.peers),
      seen_(options.swarms) {
  connections_.set_peers(peers_);
}

void Churn::run(std::ostream& out) {
  began_ = Clock::now();
  for (Peer& peer : peers_) { // they come over the first seconds
    clients_[peer.index].target = random_() % options_.targets.size();
    plan(peer, random_share() * std::max(1.0, options_.peers / 2000.0), Deed::connect);
  }
  const Clock::time_point end = began_ + duration(options_.seconds);
  Clock::time_point next_report = began_ + std::chrono::seconds(1);
  while (Clock::now() < end) {
    for (const auto now = Clock::now(); !plans_.empty() && plans_.top().when <= now;) {
      const Plan plan = plans_.top();
      plans_.pop();
      carry_out(plan);
    }
    if (Clock::now() >= next_report) {
      report(out, false);
      next_report += std::chrono::seconds(1);
    }
    Clock::time_point until = std::min(end, next_report);
    if (!plans_.empty()) {
      until = std::min(until, plans_.top().when);
    }
    connections_.poll(until);
  }
  report(out, true);
}

void Churn::plan(const Peer& peer, double seconds, Deed deed) {
  plans_.push(Plan{Clock::now() + duration(seconds), peer.index, peer.generation, deed});
}

void Churn::carry_out(const Plan& plan) {
  Peer& peer = peers_[plan.peer];
  if (plan.generation != peer.generation) {
    return; // its connection is gone since
  }
  switch (plan.deed) {
  case Deed::connect:
    connections_.open(peer, options_.targets[clients_[peer.index].target]);
    break;
  case Deed::announce:
    announce(peer, Event::update);
    break;
  case Deed::leave:
    leave(peer);
    break;
  }
}

void Churn::announce(Peer& peer, Event event) {
  ++counts_.announces;
  peer.waiting = true;
  peer.asked = Clock::now();
  connections_.send(peer, writer_.announce(swarms_[peer.swarm], peer.id, options_.offers, event));
  if (event != Event::stopped) {
    plan(peer, options_.every * (0.9 + 0.2 * random_share()), Deed::announce);
  }
}

// A third says so, a third closes its WebSocket only, a third is gone without a word.
void Churn::leave(Peer& peer) {
  const std::uint64_t way = random_() % 3;
  if (way == 0) {
    announce(peer, Event::stopped);
  }
  if (way <= 1) {
    connections_.send(peer, writer_.control(close_frame, "\x03\xE8"));
  }
  connections_.close(peer, way == 2 ? Connections::Way::abrupt : Connections::Way::orderly);
  ++counts_.left;
  peer.id = peer_id(random_); // another listener takes its place
  peer.swarm = static_cast<std::uint32_t>(random_() % options_.swarms);
  clients_[peer.index] = {random_() % options_.targets.size(), 0};
  plan(peer, random_share(), Deed::connect);
}

void Churn::report(std::ostream& out, bool total) {
  std::uint64_t connected = 0;
  std::uint64_t joined = 0;
  for (const Peer& peer : peers_) {
    connected += peer.state == Peer::State::open ? 1 : 0;
    joined += peer.joined ? 1 : 0;
  }
  // A swarm is known as long as its peers are told of others within their interval.
  const auto recent = Clock::now() - duration(options_.every * 1.5);
  std::uint64_t swarms = 0;
  std::uint64_t smallest = ~0ULL;
  for (const Swarm& swarm : seen_) {
    if (swarm.replied >= recent) {
      ++swarms;
      smallest = std::min(smallest, swarm.size);
    }
  }
  const double at = std::chrono::duration<double>(Clock::now() - began_).count();
  const Usage tracker = usage_of(options_.pid);
  out << std::fixed << std::setprecision(3) << "{" << (total ? R"("total":true,)" : "")
      << R"("at":)" << at << R"(,"peers":)" << peers_.size() << R"(,"connected":)" << connected
      << R"(,"joined":)" << joined << R"(,"swarms":)" << swarms << R"(,"smallest_swarm":)"
      << (swarms == 0 ? 0 : smallest) << R"(,"announces":)" << counts_.announces << R"(,"replies":)"
      << counts_.replies << R"(,"offers":)" << counts_.offers << R"(,"answers_sent":)"
      << counts_.answers_sent << R"(,"answers":)" << counts_.answers << R"(,"failures":)"
      << counts_.failures << R"(,"lost":)" << counts_.lost << R"(,"left":)" << counts_.left
      << R"(,"p50_ms":)" << latencies_.percentile(0.5) << R"(,"p99_ms":)"
      << latencies_.percentile(0.99) << R"(,"rss_kb":)" << tracker.rss_kb << R"(,"cpu_s":)"
      << tracker.cpu_seconds << "}" << std::endl;
  latencies_.clear();
}

double Churn::random_share() {
  return std::uniform_real_distribution<double>(0, 1)(random_);
}

void Churn::opened(Peer& peer) {
  clients_[peer.index].failures = 0;
  announce(peer, Event::started);
  if (options_.life > 0) {
    plan(peer, -options_.life * std::log(1 - random_share()), Deed::leave);
  }
}

void Churn::received(Peer& peer, std::string_view payload) {
  switch (kind_of(payload)) {
  case Kind::offer:
    ++counts_.offers;
    if (random_share() < answered) {
      ++counts_.answers_sent;
      connections_.send(peer, writer_.answer(swarms_[peer.swarm], peer.id,
                                             string_member(payload, "peer_id"),
                                             string_member(payload, "offer_id")));
    }
    break;
  case Kind::reply:
    ++counts_.replies;
    if (peer.waiting) {
      latencies_.add(Clock::now() - peer.asked);
    }
    peer.waiting = false;
    peer.joined = true;
    seen_[peer.swarm] = {Clock::now(),
                         number_member(payload, "complete") + number_member(payload, "incomplete")};
    break;
  case Kind::answer:
    ++counts_.answers;
    break;
  case Kind::failure:
    ++counts_.failures;
    break;
  case Kind::other:
    break;
  }
}

void Churn::lost(Peer& peer, bool /*pending*/) {
  ++counts_.lost;
  Client& client = clients_[peer.index];
  client.target = (client.target + 1) % options_.targets.size();
  const double pause = std::min(longest_pause, shortest_pause * std::exp2(client.failures++));
  plan(peer, pause * (0.5 + random_share()), Deed::connect);
}

} // namespace triad::load
