// SPDX-License-Identifier: LGPL-2.1-or-later
// The peers of a release as suppliers of blocks: turns the schedule's requests into their swarm's,
// and what the swarm tells into the schedule's events.
//
// Engine thread only. Events come from the engine's loop, never from within a call.
#pragma once

#include "node/sent_bytes.h"
#include "node/shared_swarm.h"
#include "node/supplier.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace triad {

class PeerSupplier : public Supplier, private Swarm::Fetcher {
public:
  struct Events {
    // What is not there yet of a range (release space).
    std::function<std::vector<ByteRange>(ByteRange)> missing;
    std::function<void(ScheduleEvent)> tell; // the schedule
    std::function<void(SupplierId, const std::string& peer, BlockIndex, Bytes)> block;
    std::function<void()> hopes_changed;
    std::function<void(const ReleasePtr&)> layers; // the release with its v2 layers
  };
  // `release`: its geometry counts.
  PeerSupplier(std::shared_ptr<SharedSwarm> swarm, ReleasePtr release, Events events);
  ~PeerSupplier() override;
  PeerSupplier(const PeerSupplier&) = delete;
  PeerSupplier& operator=(const PeerSupplier&) = delete;

  void request(const Request& request) override;
  void cancel(const Cancel& cancel) override;
  void report_bad(SupplierId supplier, PieceIndex piece) override; // bans it

  // There are peers, or they are being looked for: bytes may still come.
  [[nodiscard]] bool hopeful() const { return looking_ || !numbers_.empty(); }
  [[nodiscard]] std::size_t links() const { return swarm_->swarm().links(); }
  [[nodiscard]] std::size_t met() const { return met_.size(); } // that could be asked, ever
  // Of all peers together, by what the schedule measured.
  [[nodiscard]] double rate(const Schedule& schedule) const;
  [[nodiscard]] const SharedSwarm& swarm() const { return *swarm_; }

private:
  struct Peer {
    SupplierId supplier;
    std::string id;
    unsigned refusals = 0; // since the last block
    Time paused_until{0};
  };

  void on_peer(PeerNumber number, const std::vector<bool>& has, std::uint32_t max_requests,
               std::chrono::nanoseconds round_trip) override;
  void on_has(PeerNumber number, PieceIndex piece) override;
  void on_gone(PeerNumber number) override;
  void on_block(PeerNumber number, BlockIndex block, Bytes bytes) override;
  void on_refused(PeerNumber number, BlockIndex block) override;
  void on_choked(PeerNumber number, bool choked) override;
  void on_looking(bool looking) override;
  void on_layers(const ReleasePtr& whole) override { events_.layers(whole); }

  const std::shared_ptr<SharedSwarm> swarm_;
  const ReleasePtr release_;
  const Events events_;
  std::map<PeerNumber, Peer> peers_;
  std::map<SupplierId, PeerNumber> numbers_;
  std::set<PeerNumber> met_;
  std::uint32_t next_supplier_;
  bool looking_ = false;
};

} // namespace triad
