// SPDX-License-Identifier: LGPL-2.1-or-later
// What is had, asked for and missing of one release, down to blocks. Only pieces that something
// happens to cost memory beyond two bits.
#pragma once

#include "release/release.h"
#include "schedule/piece_set.h"
#include "schedule/schedule.h"

#include <optional>
#include <unordered_map>
#include <vector>

namespace triad {

class Pieces {
public:
  explicit Pieces(ReleasePtr release);

  [[nodiscard]] const Release& release() const { return *release_; }
  [[nodiscard]] bool verified(PieceIndex piece) const { return verified_.contains(piece); }
  [[nodiscard]] PieceIndex next_unverified(PieceIndex from, PieceIndex end) const {
    return verified_.next_absent(from, end);
  }
  // Settled: nothing of it is left to ask for (verified, or each block had or asked).
  [[nodiscard]] PieceIndex next_unsettled(PieceIndex from, PieceIndex end) const {
    return settled_.next_absent(from, end);
  }

  // Nobody has sent it and nobody was asked. False for blocks that are all padding.
  [[nodiscard]] bool missing(BlockIndex block) const;
  // All of a piece that are; cheaper than one by one.
  [[nodiscard]] std::vector<BlockIndex> missing_in(PieceIndex piece);
  // Who was asked for it, first and (rule 5) again; empty once it is had.
  struct Asked {
    std::optional<SupplierId> first, again;
    bool twice = false; // was asked for again already, whatever became of it
  };
  [[nodiscard]] Asked asked(BlockIndex block) const;
  [[nodiscard]] bool owes(SupplierId supplier, BlockIndex block) const;
  // The piece failed its hash: all of it is to come from one supplier (if it is chosen already).
  struct Retry {
    std::optional<SupplierId> only;
    std::vector<SupplierId> senders; // of the bad bytes, sorted
  };
  [[nodiscard]] const Retry* retry(PieceIndex piece) const;

  void ask(BlockIndex block, SupplierId supplier);
  // The supplier is not asked any more; false if it was not.
  bool give_back(BlockIndex block, SupplierId supplier);
  struct Arrival {
    bool fresh = false;               // had only now
    std::optional<SupplierId> second; // another supplier that is still asked
  };
  Arrival arrive(BlockIndex block, SupplierId supplier);
  // Both give the suppliers that are still asked for blocks of it.
  struct Pending {
    BlockIndex block;
    SupplierId supplier;
  };
  std::vector<Pending> verify(PieceIndex piece);
  std::vector<Pending> reject(PieceIndex piece);
  void lose(PieceIndex piece);
  // A retry's only supplier has gone or fallen silent: what it sent is void, somebody else sends
  // all.
  void restart_retry(PieceIndex piece);
  void restart_retries(SupplierId gone);
  [[nodiscard]] std::vector<PieceIndex> retries_of(SupplierId only) const;

private:
  struct Block {
    std::optional<SupplierId> first, again, sender;
    bool had = false;
    bool padding = false;
    bool twice = false;
  };
  struct Partial {
    std::vector<Block> blocks;
    std::uint32_t missing = 0;
    std::optional<Retry> retry;
  };

  [[nodiscard]] const Block* find(BlockIndex block) const;
  Partial& open(PieceIndex piece);
  void settle(PieceIndex piece, const Partial& partial);
  [[nodiscard]] std::uint32_t index_in_piece(BlockIndex block) const;
  std::vector<Pending> pending(PieceIndex piece, const Partial& partial) const;

  ReleasePtr release_;
  PieceSet verified_;
  PieceSet settled_;
  std::unordered_map<std::uint32_t, Partial> partials_; // looked up, never walked in its order
  std::vector<PieceIndex> retries_;                     // pieces with a retry
};

} // namespace triad
