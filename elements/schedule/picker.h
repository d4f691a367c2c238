// SPDX-License-Identifier: LGPL-2.1-or-later
// Gives the wants' missing blocks to suppliers: rules 2, 3, 4, 6 and 8.
#pragma once

#include "schedule/supplier.h"
#include "schedule/wants.h"

#include <deque>
#include <map>
#include <vector>

namespace triad {

using Suppliers = std::map<SupplierId, Supplier>;

// How many linked peers there are, and how many of them have each piece.
class Availability {
public:
  explicit Availability(std::uint32_t pieces) : counts_(pieces) {}

  void add(const Supplier& peer);
  void remove(const Supplier& peer);
  void add_piece(PieceIndex piece) { ++counts_[piece.value()]; }
  [[nodiscard]] std::uint32_t peers() const { return peers_; }
  [[nodiscard]] std::uint32_t of(PieceIndex piece) const { return counts_[piece.value()] + all_; }

private:
  std::vector<std::uint16_t> counts_;
  std::uint32_t peers_ = 0;
  std::uint32_t all_ = 0; // peers that have everything
};

// One plan: made, used and dropped within one event.
class Picker {
public:
  struct Lots {
    std::uint64_t seed = 0;
    std::uint64_t identity = 0; // 0: none
  };
  Picker(Pieces& pieces, Suppliers& suppliers, const Availability& availability, Lots lots,
         std::deque<ScheduleAction>& actions, Time now);

  void serve(const std::vector<Want>& wants);
  // Something wanted was left because nobody had room for it.
  [[nodiscard]] bool unmet() const { return unmet_; }

private:
  struct Draft { // a request that still grows
    Supplier* supplier = nullptr;
    BlockIndex first;
    std::uint32_t count = 0;
    Urgency urgency = Urgency::playing;
    bool starved = false;
  };

  void serve(const Want& want);
  void serve_rarest(const Want& want);
  // Each is false if somebody would have been asked for more but had no room.
  bool serve_piece(PieceIndex piece, const Want& want, bool server_allowed);
  bool serve_whole(const std::vector<BlockIndex>& blocks, Supplier& supplier, const Want& want);
  bool serve_shared(const std::vector<BlockIndex>& blocks, PieceIndex piece, Supplier* server,
                    const Want& want);
  bool serve_retry(PieceIndex piece, const Want& want, bool server_allowed);
  // The peers that have it, sharing it, would not bring the last of it before the deadline.
  bool peers_late(const std::vector<BlockIndex>& blocks, PieceIndex piece, Time deadline);
  // The block follows a short request that the server is about to get: better one than two.
  [[nodiscard]] bool continues(const Supplier& server, BlockIndex block) const;
  [[nodiscard]] bool server_may(PieceIndex piece, const Want& want, Duration lead) const;
  [[nodiscard]] bool falls_to_us(PieceIndex piece) const;
  Supplier* best_peer(PieceIndex piece, bool with_room) const;
  Supplier* best_server(PieceIndex piece) const;
  [[nodiscard]] bool takes(const Supplier& supplier, BlockIndex block, const Want& want) const;
  [[nodiscard]] bool grows(const Draft& draft, BlockIndex block, const Want& want) const;
  [[nodiscard]] const Draft* draft_of(const Supplier& supplier) const;
  void give(Supplier& supplier, BlockIndex block, const Want& want);
  void flush(Draft& draft);
  [[nodiscard]] bool any_room() const;

  Pieces& pieces_;
  Suppliers& suppliers_;
  const Availability& availability_;
  Lots lots_;
  std::deque<ScheduleAction>& actions_;
  Time now_;
  std::vector<Draft> drafts_; // one per supplier
  bool unmet_ = false;
};

} // namespace triad
