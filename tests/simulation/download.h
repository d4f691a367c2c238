// SPDX-License-Identifier: LGPL-2.1-or-later
// One node's download of one title: its schedule, its server, its players, and what came of it.
#pragma once

#include "kit/simulation_player.h"
#include "simulation/world.h"

#include <deque>
#include <functional>
#include <map>
#include <set>

namespace triad::kit {

class Download : public PlayerHost, public std::enable_shared_from_this<Download> {
public:
  // What it asks of its node.
  class Host {
  public:
    virtual ~Host() = default;
    virtual void request(std::size_t title, const Request& request) = 0;
    virtual void cancel(std::size_t title, const Cancel& cancel) = 0;
    virtual void ban(std::size_t title, SupplierId supplier) = 0;
    virtual void got(std::size_t title, PieceIndex piece) = 0;
    // From the server, over the node's line: `done` when they are here.
    virtual void arrive(std::uint64_t bytes, std::function<void()> done) = 0;
    virtual void lead(std::optional<Duration> lead) = 0;
    virtual void settle() = 0; // an event is done with: what follows from it may go out
    [[nodiscard]] virtual bool online() const = 0;
    [[nodiscard]] virtual std::uint64_t identity() const = 0;
  };

  Download(World& world, Host& host, std::size_t title, const NodeSpec& spec,
           const std::vector<bool>& have);

  // --- PlayerHost ---
  [[nodiscard]] FakeClock& time() override { return world_.clock; }
  [[nodiscard]] const Release& release() const override { return *release_; }
  [[nodiscard]] Schedule& schedule() override { return schedule_; }
  [[nodiscard]] bool verified(PieceIndex piece) const override { return verified_[piece.value()]; }
  void tell(const ScheduleEvent& event) override;

  [[nodiscard]] SupplierId new_supplier() { return SupplierId(next_id_++); }
  void block(SupplierId from, BlockIndex block, bool wrong, bool from_server);
  std::shared_ptr<SimulatedPlayer> play(const SimulatedPlayer::Spec& spec);
  void leave(const std::shared_ptr<SimulatedPlayer>& player);
  void stop(); // all of it: nothing is asked any more

  struct Totals {
    std::uint64_t server = 0, peers = 0, wasted = 0, bad = 0;
    std::map<SupplierId, std::uint64_t> by_supplier;
  };
  [[nodiscard]] const Totals& totals() const { return totals_; }
  [[nodiscard]] std::uint64_t server_requests() const { return server_requests_; }

private:
  struct Job {
    BlockIndex next;
    std::uint32_t left = 0;
    Time ready{0}; // first byte not before
  };
  void act(const ScheduleAction& action);
  void check(PieceIndex piece);
  void server_request(const Request& request);
  void server_cancel(const Cancel& cancel);
  void server_work();
  void tell_lead();

  World& world_;
  Host& host_;
  std::size_t title_;
  ReleasePtr release_;
  double server_rate_;
  Duration server_delay_;
  Schedule schedule_;
  SupplierId server_;
  std::uint32_t next_id_ = 1;
  std::vector<bool> verified_;
  struct Arrived {
    bool wrong = false;
    SupplierId from;
  };
  std::map<BlockIndex, Arrived> arrived_;           // of pieces not verified
  std::map<PieceIndex, std::set<SupplierId>> lied_; // about pieces that were bad
  std::map<ReaderId, std::shared_ptr<SimulatedPlayer>> players_;
  std::deque<Job> jobs_; // the server's
  bool working_ = false;
  bool stopped_ = false;
  std::uint64_t wake_ = 0;
  std::uint64_t server_requests_ = 0;
  Totals totals_;
};

} // namespace triad::kit
