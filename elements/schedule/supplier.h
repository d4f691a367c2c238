// SPDX-License-Identifier: LGPL-2.1-or-later
// One supplier as the schedule sees it: what it has, what it owes, when it would deliver.
#pragma once

#include "schedule/estimate.h"
#include "schedule/piece_set.h"

#include <optional>
#include <vector>

namespace triad {

class Supplier {
public:
  explicit Supplier(const SupplierAdded& facts);

  // A request that has not wholly come. A server sends all of it, wanted or not.
  struct Run {
    BlockIndex first;
    std::uint32_t count = 0;
    std::uint32_t left = 0; // blocks that did not come
    std::vector<bool> came; // or were cancelled
    Time asked{0};
    Time due{0}; // when its first block was predicted
    Duration per_block{0};
    Urgency urgency = Urgency::playing; // as it was told
  };

  [[nodiscard]] SupplierId id() const { return id_; }
  [[nodiscard]] bool server() const { return kind_ == SupplierKind::server; }
  [[nodiscard]] bool has(PieceIndex piece) const { return !has_ || has_->contains(piece); }
  void add_piece(PieceIndex piece);
  [[nodiscard]] std::optional<std::uint64_t> identity() const { return identity_; }
  [[nodiscard]] bool has_all() const { return !has_; }

  [[nodiscard]] bool usable(Time now) const {
    return !choked_ && (!retry_at_ || *retry_at_ <= now);
  }
  void set_choked(bool choked) { choked_ = choked; }
  [[nodiscard]] std::optional<Time> retry_at() const { return retry_at_; }
  void retry_from(std::optional<Time> time) { retry_at_ = time; }

  // When `more` bytes asked for now would be here: (outstanding + planned + more) / rate + delay.
  [[nodiscard]] Duration delivery(std::uint64_t more, Time now) const;
  // Rule 2. A server: whether another request may begin; a peer: whether another block may be
  // asked.
  [[nodiscard]] bool has_room(Time now) const;
  // It has so little left to send that it is worth planning for it.
  [[nodiscard]] bool hungry(Time now) const;
  // Blocks that one request may have.
  [[nodiscard]] std::uint32_t request_limit(Time now) const;

  void ask(BlockIndex first, std::uint32_t count, Urgency urgency, Time now);
  void received(std::uint32_t bytes, Time now);
  void arrived(BlockIndex block, std::uint64_t bytes, Time now);
  // It will not come: cancelled, or failed.
  void forget(BlockIndex block, Time now);
  [[nodiscard]] const std::vector<Run>& runs() const { return runs_; }
  // The request that is still to bring the block; null: none.
  [[nodiscard]] const Run* run_of(BlockIndex block) const;
  [[nodiscard]] std::uint64_t outstanding() const { return outstanding_; }
  // How long until this block comes, as it looks now: what stands before it, at today's rate.
  [[nodiscard]] Duration remaining(const Run& run, BlockIndex block, Time now) const;
  // When it was predicted to come.
  [[nodiscard]] static Time predicted(const Run& run, BlockIndex block);

  [[nodiscard]] const Estimate& estimate() const { return estimate_; }

  std::uint64_t planned = 0; // bytes that the running plan has in mind for it, not asked yet

private:
  [[nodiscard]] std::size_t index_of(BlockIndex block) const; // runs_.size(): none
  void settle(std::size_t run, BlockIndex block);

  SupplierId id_;
  SupplierKind kind_;
  std::optional<PieceSet> has_;
  std::uint32_t max_requests_;
  std::optional<std::uint64_t> identity_;
  std::optional<Time> retry_at_;
  bool choked_ = false;
  Estimate estimate_;
  std::vector<Run> runs_; // as asked
  std::uint64_t outstanding_ = 0;
  std::uint64_t counted_ = 0; // bytes told by received() that arrived() has not seen yet
};

} // namespace triad
