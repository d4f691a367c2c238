// SPDX-License-Identifier: LGPL-2.1-or-later
#include "load.h"

#include <iomanip>
#include <iostream>
#include <random>

namespace triad::load {

namespace {

constexpr std::chrono::seconds hang_guard{60}; // for one phase of joining

double seconds(Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

Clock::duration duration(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

} // namespace

std::vector<std::string> make_swarms(std::uint32_t count) {
  std::mt19937_64 random(0); // every generator's peers meet in the same swarms
  std::vector<std::string> swarms;
  while (swarms.size() < count) {
    swarms.push_back(binary_id(random));
  }
  return swarms;
}

std::vector<Peer> make_peers(const Options& options) {
  std::mt19937_64 random(options.seed);
  std::vector<Peer> peers(options.peers);
  for (std::uint32_t at = 0; at < options.peers; ++at) {
    peers[at].index = at;
    peers[at].swarm = at % options.swarms;
    peers[at].id = peer_id(random);
  }
  return peers;
}

Load::Load(const Options& options)
    : options_(options),
      swarms_(make_swarms(options.swarms)),
      peers_(make_peers(options)),
      connections_(*this),
      writer_(options.seed) {
  connections_.set_peers(peers_);
}

bool Load::run(std::ostream& out) {
  const std::string& mode = options_.mode;
  const bool together = mode == "join";
  if (mode != "idle" && mode != "join" && mode != "announce" && mode != "paced") {
    std::cerr << "no such mode: " << mode << '\n';
    return false;
  }
  out << std::fixed << std::setprecision(3) << R"({"mode":")" << mode << R"(","peers":)"
      << options_.peers << R"(,"swarms":)" << options_.swarms << R"(,"offers":)" << options_.offers
      << R"(,"rss_kb":{"start":)" << usage_of(options_.pid).rss_kb;
  const auto write = [&out](const char* name, const Stretch& stretch) {
    out << ",\"" << name << R"(":{"done":)" << stretch.done << R"(,"seconds":)" << stretch.seconds
        << R"(,"per_s":)" << static_cast<double>(stretch.done) / stretch.seconds << R"(,"p50_ms":)"
        << stretch.p50 << R"(,"p99_ms":)" << stretch.p99 << R"(,"max_ms":)" << stretch.most
        << R"(,"tracker_cpu":)" << stretch.tracker_cpu << R"(,"load_busy":)" << stretch.load_busy;
  };
  Stretch connect;
  Stretch join;
  if (!together) {
    connect = go_through_peers(Phase::connect);
    settle();
    out << R"(,"connected":)" << usage_of(options_.pid).rss_kb;
  }
  if (mode != "idle") {
    join = go_through_peers(together ? Phase::connect_and_join : Phase::join);
    settle();
    out << R"(,"joined":)" << usage_of(options_.pid).rss_kb;
  }
  out << '}';
  if (!together) {
    write("connect", connect);
    out << '}';
  }
  if (mode != "idle") {
    write("join", join);
    out << '}';
  }
  if (mode == "announce" || mode == "paced") {
    begin(Phase::steady);
    steady();
    const Stretch load = measured();
    write("load", load);
    out << R"(,"offers_per_s":)" << static_cast<double>(offers_) / load.seconds << R"(,"skipped":)"
        << skipped_ << R"(,"unanswered":)" << in_flight_ << "}"
        << R"(,"rss_end_kb":)" << usage_of(options_.pid).rss_kb;
  }
  out << R"(,"request_bytes":)" << request_bytes_ << R"(,"reply_bytes":)" << reply_bytes_
      << R"(,"relay_bytes":)" << relay_bytes_ << R"(,"failures":)" << failures_ << R"(,"lost":)"
      << lost_ << "}" << std::endl;
  phase_ = Phase::over;
  return (together ? join : connect).done > 0;
}

// Every peer once, with a fixed number under way.
Load::Stretch Load::go_through_peers(Phase phase) {
  begin(phase);
  next_ = in_flight_ = 0;
  for (unsigned at = 0; at < options_.in_flight; ++at) {
    next();
  }
  while (in_flight_ > 0 && now_ - began_ < hang_guard) {
    spin();
  }
  return measured();
}

void Load::steady() {
  const bool paced = options_.mode == "paced";
  const Clock::time_point warm = began_ + duration(options_.warm_up);
  next_ = in_flight_ = 0;
  for (unsigned at = 0; at < options_.in_flight && !paced; ++at) {
    next();
  }
  const auto run_until = [&](Clock::time_point end) {
    const Clock::time_point start = now_;
    for (std::uint64_t sent = 0; now_ < end;) {
      if (!paced) {
        spin();
        continue;
      }
      // Counted from when it was due: waiting for this side's turn is latency, too.
      Clock::time_point due = start + duration(static_cast<double>(sent) / options_.rate);
      for (; due <= now_; due = start + duration(static_cast<double>(++sent) / options_.rate)) {
        Peer& peer = peers_[next_++ % peers_.size()];
        skipped_ += announce(peer, due, Event::update) ? 0 : 1;
      }
      connections_.poll(std::min(end, due));
      now_ = Clock::now();
    }
  };
  run_until(warm);
  begin(Phase::steady);
  run_until(began_ + duration(options_.seconds));
}

void Load::begin(Phase phase) {
  phase_ = phase;
  latencies_.clear();
  offers_ = skipped_ = 0;
  tracker_then_ = usage_of(options_.pid);
  idle_ = {};
  began_ = now_ = Clock::now();
}

Load::Stretch Load::measured() {
  Stretch stretch;
  stretch.seconds = seconds(Clock::now() - began_);
  stretch.done = latencies_.count();
  stretch.p50 = latencies_.percentile(0.5);
  stretch.p99 = latencies_.percentile(0.99);
  stretch.most = latencies_.percentile(1);
  stretch.tracker_cpu =
      (usage_of(options_.pid).cpu_seconds - tracker_then_.cpu_seconds) / stretch.seconds;
  stretch.load_busy = 1 - seconds(idle_) / stretch.seconds;
  return stretch;
}

// Sets the next peer's part of this phase going.
void Load::next() {
  if (phase_ == Phase::steady) {
    for (std::size_t tries = 0; tries < peers_.size(); ++tries) {
      if (announce(peers_[next_++ % peers_.size()], Clock::now(), Event::update)) {
        return;
      }
    }
    return;
  }
  while (next_ < peers_.size()) {
    Peer& peer = peers_[next_++];
    if (phase_ == Phase::join) {
      if (announce(peer, Clock::now(), Event::started)) {
        return;
      }
    } else if (phase_ != Phase::over) {
      ++in_flight_;
      peer.asked = Clock::now();
      connections_.open(peer, options_.targets[peer.index % options_.targets.size()]);
      return;
    }
  }
}

bool Load::announce(Peer& peer, Clock::time_point asked, Event event) {
  if (peer.state != Peer::State::open || peer.waiting) {
    return false;
  }
  peer.asked = asked;
  peer.waiting = true;
  ++in_flight_;
  const auto frame = writer_.announce(swarms_[peer.swarm], peer.id, options_.offers, event);
  request_bytes_ = frame.size();
  connections_.send(peer, frame);
  return true;
}

// With a closed loop this side never sleeps: on loopback, whose send() wakes somebody pays for it,
// and no tracker pays for its listeners' waking up.
void Load::spin() {
  const Clock::time_point start = now_;
  const bool idle = connections_.poll_now() == 0;
  now_ = Clock::now();
  idle_ += idle ? now_ - start : Clock::duration{};
}

// What the tracker puts off until it has nothing else to do.
void Load::settle() {
  const Clock::time_point end = Clock::now() + std::chrono::seconds(1);
  while (Clock::now() < end) {
    connections_.poll(end);
  }
}

void Load::opened(Peer& peer) {
  if (phase_ == Phase::connect_and_join) {
    const Clock::time_point began = peer.asked;
    --in_flight_;
    announce(peer, began, Event::started);
    return;
  }
  latencies_.add(Clock::now() - peer.asked);
  --in_flight_;
  next();
}

void Load::received(Peer& peer, std::string_view payload) {
  const Kind kind = kind_of(payload);
  if (kind == Kind::offer) {
    ++offers_;
    relay_bytes_ = payload.size();
    return;
  }
  failures_ += kind == Kind::failure ? 1 : 0;
  if (kind == Kind::reply) {
    reply_bytes_ = payload.size();
  }
  if (peer.waiting && (kind == Kind::reply || kind == Kind::failure)) {
    peer.waiting = false;
    --in_flight_;
    latencies_.add(Clock::now() - peer.asked);
    if (options_.mode != "paced" || phase_ != Phase::steady) {
      next();
    }
  }
}

void Load::lost(Peer&, bool pending) {
  ++lost_;
  if (pending) {
    --in_flight_;
    if (options_.mode != "paced" || phase_ != Phase::steady) {
      next();
    }
  }
}

} // namespace triad::load
