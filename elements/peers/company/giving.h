// SPDX-License-Identifier: LGPL-2.1-or-later
// Carries out what Uploads decides: reads from the stock, sends, counts against the quota. The
// context's thread only.
#pragma once

#include "peers/company/company.h"
#include "peers/company/context.h"

#include <map>

namespace triad::company {

class Peer;

class Giving {
public:
  Giving(const CompanyHost& host, const CompanySettings& settings, Tasks& tasks);

  void set(const CompanySettings& settings);
  void own_lead(std::optional<Time> lead);

  // Whether the peer is Triad may turn out later: then again. `stock` may change with set_stock().
  void add(Peer& peer, bool triad, Stock& stock);
  void remove(Peer& peer);
  void interested(Peer& peer, bool interested);
  void requested(Peer& peer, const wire::BlockRequest& block, wire::Urgency urgency);
  void cancelled(Peer& peer, const wire::BlockRequest& block);
  // Once a second: quota and network.
  void tick();

  // Metadata and hashes are given along, but not where nothing is.
  [[nodiscard]] bool may_give() const { return uploads_.may_give(); }
  [[nodiscard]] double rate() const { return uploads_.rate(); }
  [[nodiscard]] std::uint64_t sent() const { return sent_; } // bytes of blocks

private:
  struct Taker {
    Peer* peer;
    Stock* stock;
  };

  void pump_soon();
  void pump();
  void tell_lines();
  void carry_out(const UploadAction& action);
  void send(const Taker& taker, const wire::BlockRequest& block);
  void count(std::uint64_t bytes);

  const CompanyHost& host_;
  Tasks& tasks_;
  Uploads uploads_;
  Timer timer_;
  std::map<UploadPeer, Taker> takers_;
  std::uint64_t quota_;
  std::uint64_t uncounted_ = 0, sent_ = 0;
  std::uint64_t month_ = 0; // uploaded by all processes, at the last count
  Time looked_{0};          // at the month's total
  bool pumping_ = false, again_ = false, posted_ = false;
};

} // namespace triad::company
