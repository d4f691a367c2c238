// SPDX-License-Identifier: LGPL-2.1-or-later
// Peers behind one simulated uplink, each with a way of its own: what Uploads decides is sent, and
// round trips are told as SCTP would measure them.
#pragma once

#include "kit/fake_clock.h"
#include "kit/random.h"
#include "peers/company/uploads.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace triad::kit {

class UploadLines {
public:
  using Time = Uploads::Time;
  struct Spec {
    bool triad = true;
    Time round_trip = std::chrono::milliseconds(40);
    Time jitter{0};                    // up to this is added to each round trip
    double takes = 1e9;                // bytes per second that the peer's own line takes
    bool reads = true;                 // else it acknowledges nothing
    std::uint64_t window = 896 * 1024; // bytes that SCTP takes unacknowledged
    std::size_t depth = 0;             // requests that it keeps waiting; 0: by ask() alone
    wire::Urgency urgency = wire::Urgency::playing;
  };
  struct Peer {
    Spec spec;
    bool unchoked = false;
    std::set<wire::BlockRequest> asked; // and not answered
    std::uint64_t bytes = 0;            // acknowledged
    std::uint64_t queued = 0, most_queued = 0, most_unsent = 0;
    std::uint32_t next = 0;
    int chokes = 0, unchokes = 0, rejects = 0;
    [[nodiscard]] std::uint64_t unsent() const { return queued - std::min(queued, spec.window); }
    Time smoothed{0};
    Time own_free{0};
    Time longest_wait{0};
    std::map<wire::BlockRequest, Time> since;
  };

  UploadLines(const UploadSettings& settings, double uplink, std::uint64_t seed = 1)
      : random(seed), uploads(settings), uplink_(uplink) {}

  FakeClock clock;
  Random random;
  Uploads uploads;
  std::vector<std::string> violations;                  // of what must never be
  std::vector<std::pair<int, wire::BlockRequest>> sent; // in order

  int add(const Spec& spec) {
    const int id = next_++;
    Peer& peer = peers_[id];
    peer.spec = spec;
    peer.smoothed = spec.round_trip;
    uploads.add(UploadPeer(id), UploadLink(id), spec.triad, clock.now());
    uploads.line(UploadLink(id), 0, 0, peer.smoothed, clock.now());
    uploads.interested(UploadPeer(id), true, clock.now());
    drain();
    return id;
  }
  void remove(int id) {
    peers_.erase(id);
    uploads.remove(UploadPeer(id), clock.now());
    drain();
  }
  Peer& peer(int id) { return peers_.at(id); }
  [[nodiscard]] const std::map<int, Peer>& peers() const { return peers_; }

  wire::BlockRequest ask(int id, wire::Urgency urgency = wire::Urgency::playing,
                         std::uint32_t length = 16 * 1024) {
    Peer& each = peers_.at(id);
    const wire::BlockRequest block{each.next++, 0, length};
    each.asked.insert(block);
    each.since[block] = clock.now();
    uploads.requested(UploadPeer(id), block, urgency, clock.now());
    drain();
    return block;
  }
  void cancel(int id, const wire::BlockRequest& block) {
    uploads.cancelled(UploadPeer(id), block, clock.now());
    drain();
  }
  void lead(std::optional<Time> lead) {
    uploads.own_lead(lead, clock.now());
    drain();
  }
  void run(Time duration) { clock.run_until(clock.now() + duration); }
  // All that peers have taken.
  [[nodiscard]] std::uint64_t taken() const {
    std::uint64_t sum = 0;
    for (const auto& [id, peer] : peers_)
      sum += peer.bytes;
    return sum;
  }
  void set_uplink(double rate) { uplink_ = rate; }
  // Of what waits to leave the uplink now.
  [[nodiscard]] Time uplink_delay() const { return std::max(uplink_free_ - clock.now(), Time{0}); }

  void drain() {
    bool acted = true;
    while (acted) {
      acted = false;
      while (const auto action = uploads.poll()) {
        std::visit([this](const auto& each) { act(each); }, *action);
        acted = true;
      }
      acted = refill() || acted;
    }
    const auto wake = uploads.wake_at();
    if (!wake || (woken_ && *woken_ <= *wake && *woken_ > clock.now()))
      return;
    if (*wake <= clock.now())
      violations.push_back("a wake-up in the past");
    hurried_ = *wake - clock.now() < std::chrono::microseconds(100) ? hurried_ + 1 : 0;
    if (hurried_ == 1000)
      violations.push_back("a busy loop");
    woken_ = wake;
    clock.at(*wake, [this, at = *wake] {
      if (woken_ != at)
        return;
      woken_.reset();
      ++ticks;
      for (auto& [id, each] : peers_)
        uploads.line(UploadLink(id), each.queued, each.unsent(), each.smoothed, clock.now());
      uploads.tick(clock.now());
      drain();
    });
  }
  std::uint64_t ticks = 0;

private:
  void act(const UploadUnchoke& action) {
    Peer& each = at(action.peer);
    if (each.unchoked)
      violations.push_back("unchoked twice");
    each.unchoked = true;
    ++each.unchokes;
  }
  void act(const UploadChoke& action) {
    Peer& each = at(action.peer);
    if (!each.unchoked)
      violations.push_back("choked twice");
    each.unchoked = false;
    ++each.chokes;
  }
  void act(const UploadReject& action) {
    Peer& each = at(action.peer);
    ++each.rejects;
    answered(each, action.block);
  }
  void act(const UploadSend& action) {
    const int id = static_cast<int>(action.peer);
    Peer& each = at(action.peer);
    sent.emplace_back(id, action.block);
    if (!each.unchoked)
      violations.push_back("sent to a choked peer");
    answered(each, action.block);
    const std::uint64_t bytes = action.block.length;
    each.queued += bytes;
    each.most_queued = std::max(each.most_queued, each.queued);
    each.most_unsent = std::max(each.most_unsent, each.unsent());
    uploads.line(UploadLink(id), each.queued, each.unsent(), each.smoothed, clock.now());
    if (!each.spec.reads)
      return;
    // Through the shared uplink, then the peer's own line, and back.
    // SCTP measures a packet's round trip: that of the block's first.
    const Time waits = std::max(uplink_free_ - clock.now(), each.own_free - clock.now());
    Time measured = std::max(waits, Time{0}) + each.spec.round_trip;
    uplink_free_ = std::max(uplink_free_, clock.now()) + time_for(bytes, uplink_);
    each.own_free = std::max(each.own_free, uplink_free_) + time_for(bytes, each.spec.takes);
    Time back = each.own_free + each.spec.round_trip;
    if (each.spec.jitter > Time{0}) {
      const Time jitter{random.below(static_cast<std::uint64_t>(each.spec.jitter.count()))};
      back += jitter;
      measured += jitter;
    }
    clock.at(back, [this, id, bytes, measured] {
      const auto it = peers_.find(id);
      if (it == peers_.end())
        return;
      Peer& peer = it->second;
      peer.queued -= bytes;
      peer.bytes += bytes;
      peer.smoothed += (measured - peer.smoothed) / 8; // RFC 9260, section 6.3.1
    });
  }
  void answered(Peer& each, const wire::BlockRequest& block) {
    if (each.asked.erase(block) == 0)
      violations.push_back("an answer to nothing");
    each.longest_wait = std::max(each.longest_wait, clock.now() - each.since[block]);
    each.since.erase(block);
  }
  bool refill() {
    bool asked = false;
    for (auto& [id, each] : peers_)
      while (each.unchoked && each.asked.size() < each.spec.depth) {
        const wire::BlockRequest block{each.next++, 0, 16 * 1024};
        each.asked.insert(block);
        each.since[block] = clock.now();
        uploads.requested(UploadPeer(id), block, each.spec.urgency, clock.now());
        asked = true;
      }
    return asked;
  }
  Peer& at(UploadPeer peer) { return peers_.at(static_cast<int>(peer)); }
  static Time time_for(std::uint64_t bytes, double rate) {
    return std::chrono::duration_cast<Time>(
        std::chrono::duration<double>(static_cast<double>(bytes) / rate));
  }

  double uplink_;
  int next_ = 1;
  std::map<int, Peer> peers_;
  Time uplink_free_{0};
  std::optional<Time> woken_;
  int hurried_ = 0; // wake-ups in a row that come at once
};

} // namespace triad::kit
