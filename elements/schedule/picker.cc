// SPDX-License-Identifier: LGPL-2.1-or-later
// Gives the wants' missing blocks to suppliers: rules 2, 3, 4, 6 and 8.
#include "schedule/picker.h"

#include "schedule/rules.h"

#include <algorithm>
#include <tuple>

namespace triad {
namespace {

// The same piece always draws the same lot, so a plan can be made again (rules 4 and 8).
std::uint64_t lot(std::uint64_t seed, PieceIndex piece) { // SplitMix64
  std::uint64_t z = seed + (piece.value() + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

bool from_fastest(Rank rank) {
  return rank == Rank::starved || rank == Rank::start || rank == Rank::granted;
}

// Worth waiting for a fast peer that has no room yet, instead of taking a slow one that has.
bool in_turn(Rank rank) {
  return rank == Rank::near || rank == Rank::window;
}

// Asked for even where the supplier holds much already. Of the head only the first part is, once
// the supplier's rate is known: on a slow line the rest would hold it up.
bool at_once(const Want& want, const Supplier& supplier) {
  return want.rank == Rank::starved ||
         (want.rank == Rank::start && (want.starved || !supplier.estimate().rate_measured()));
}

bool contains(const std::vector<SupplierId>& sorted, SupplierId id) {
  return std::binary_search(sorted.begin(), sorted.end(), id);
}

} // namespace

void Availability::add(const Supplier& peer) {
  ++peers_;
  if (peer.has_all()) {
    ++all_;
    return;
  }
  for (std::uint32_t i = 0; i < counts_.size(); ++i)
    counts_[i] = static_cast<std::uint16_t>(counts_[i] + (peer.has(PieceIndex(i)) ? 1 : 0));
}

void Availability::remove(const Supplier& peer) {
  --peers_;
  if (peer.has_all()) {
    --all_;
    return;
  }
  for (std::uint32_t i = 0; i < counts_.size(); ++i)
    counts_[i] = static_cast<std::uint16_t>(counts_[i] - (peer.has(PieceIndex(i)) ? 1 : 0));
}

Picker::Picker(Pieces& pieces, Suppliers& suppliers, const Availability& availability, Lots lots,
               std::deque<ScheduleAction>& actions, Time now)
    : pieces_(pieces),
      suppliers_(suppliers),
      availability_(availability),
      lots_(lots),
      actions_(actions),
      now_(now) {}

void Picker::serve(const std::vector<Want>& wants) {
  for (auto& [id, supplier] : suppliers_)
    supplier.planned = 0;
  for (const Want& want : wants) {
    if (want.rank == Rank::beyond)
      serve_rarest(want);
    else
      serve(want);
  }
  for (Draft& draft : drafts_)
    flush(draft);
}

void Picker::serve(const Want& want) {
  const bool windowed = in_turn(want.rank);
  bool first = true;
  bool server_due = true;
  for (PieceIndex piece = pieces_.next_unsettled(want.begin, want.end); piece < want.end;
       piece = pieces_.next_unsettled(++piece, want.end)) {
    const std::uint64_t begin = pieces_.release().piece_range(piece).begin;
    if (first)
      server_due = begin <= want.server_from;
    first = false;
    const Time deadline = want.deadline(begin);
    const Duration lead = deadline - now_;
    const bool server_allowed = server_due && server_may(piece, want, lead);
    if (windowed && !server_allowed && availability_.peers() == 0)
      return;
    if (windowed && lead > rules::in_order && (!server_allowed || availability_.of(piece) > 0))
      continue; // peers bring it, rarest first
    if (!serve_piece(piece, want, server_allowed) && !any_room() &&
        (availability_.peers() == 0 || lead > rules::slow_window))
      return;
  }
}

void Picker::serve_rarest(const Want& want) {
  struct Candidate {
    std::uint32_t availability;
    std::uint64_t lot;
    PieceIndex piece;
  };
  if (!any_room()) {
    unmet_ = unmet_ || pieces_.next_unsettled(want.begin, want.end) < want.end;
    return;
  }
  std::vector<Candidate> candidates;
  for (PieceIndex piece = pieces_.next_unsettled(want.begin, want.end);
       piece < want.end && candidates.size() < rules::rarest_of;
       piece = pieces_.next_unsettled(++piece, want.end)) {
    if (const std::uint32_t availability = availability_.of(piece); availability > 0)
      candidates.push_back({availability, lot(lots_.seed, piece), piece});
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.availability, a.lot) < std::tie(b.availability, b.lot);
  });
  for (const Candidate& candidate : candidates) {
    if (!serve_piece(candidate.piece, want, false) && !any_room())
      return;
  }
}

bool Picker::server_may(PieceIndex piece, const Want& want, Duration lead) const {
  const std::uint32_t peers = availability_.peers();
  if (want.rank == Rank::copy)
    return availability_.of(piece) == 0;
  if (want.server_window <= Duration{0})
    return false;
  const bool windowed = in_turn(want.rank);
  if (!windowed || peers == 0 || availability_.of(piece) > 0)
    return lead <= want.server_window;
  // Linked peers miss it as we do: a share of it each, the rest when it is near (rule 8).
  return lead <= rules::looking_window || (lead <= rules::alone_window && falls_to_us(piece));
}

// Of all who miss it, the one whose number draws the highest lot for the piece asks the server:
// each knows who that is, and of those who are linked to each other it is one. (By lots that nobody
// else knows, a third of the pieces would fall to nobody, and then each would ask for them.)
bool Picker::falls_to_us(PieceIndex piece) const {
  if (lots_.identity == 0)
    return lot(lots_.seed, piece) % (availability_.peers() + 1) == 0;
  const std::uint64_t own = lot(lots_.identity, piece);
  return std::none_of(suppliers_.begin(), suppliers_.end(), [&](const auto& each) {
    return each.second.identity() && lot(*each.second.identity(), piece) > own;
  });
}

bool Picker::serve_piece(PieceIndex piece, const Want& want, bool server_allowed) {
  if (pieces_.retry(piece))
    return serve_retry(piece, want, server_allowed);
  const std::vector<BlockIndex> blocks = pieces_.missing_in(piece);
  if (blocks.empty())
    return true;
  Supplier* server = server_allowed ? best_server(piece) : nullptr;
  if (availability_.of(piece) == 0)
    return !server || serve_whole(blocks, *server, want);
  if (from_fastest(want.rank))
    return serve_shared(blocks, piece, server, want);
  // A piece counts when its last block comes. One that the peers will not bring in time comes
  // whole from the server; or, if it is too near for that, from all together.
  const Time deadline = want.deadline(pieces_.release().piece_range(piece).begin);
  if (server && (continues(*server, blocks.front()) || peers_late(blocks, piece, deadline))) {
    const Duration alone = server->delivery(blocks.size() * block_size, now_);
    return now_ + alone + rules::margin <= deadline ? serve_whole(blocks, *server, want)
                                                    : serve_shared(blocks, piece, server, want);
  }
  return serve_shared(blocks, piece, nullptr, want);
}

bool Picker::serve_whole(const std::vector<BlockIndex>& blocks, Supplier& supplier,
                         const Want& want) {
  for (const BlockIndex block : blocks) {
    if (!takes(supplier, block, want)) {
      unmet_ = true;
      return false;
    }
    give(supplier, block, want);
  }
  return true;
}

bool Picker::serve_shared(const std::vector<BlockIndex>& blocks, PieceIndex piece, Supplier* server,
                          const Want& want) {
  bool room = true;
  for (const BlockIndex block : blocks) {
    Supplier* fastest = best_peer(piece, !in_turn(want.rank));
    if (server && (!fastest || !fastest->has_room(now_) ||
                   server->delivery(block_size, now_) < fastest->delivery(block_size, now_)))
      fastest = server;
    if (!fastest) {
      unmet_ = true;
      return false;
    }
    if (takes(*fastest, block, want)) {
      give(*fastest, block, want);
      continue;
    }
    room = false;
    unmet_ = true;
    if (fastest->server())
      return false;
    fastest->planned += block_size; // what stands before the blocks that follow
  }
  return room;
}

bool Picker::peers_late(const std::vector<BlockIndex>& blocks, PieceIndex piece, Time deadline) {
  std::vector<Supplier*> planned;
  bool late = false;
  for (std::size_t i = 0; i < blocks.size() && !late; ++i) {
    Supplier* peer = best_peer(piece, false);
    late = !peer || now_ + peer->delivery(block_size, now_) + rules::margin > deadline;
    if (late)
      break;
    peer->planned += block_size;
    planned.push_back(peer);
  }
  for (Supplier* peer : planned)
    peer->planned -= block_size;
  return late;
}

bool Picker::continues(const Supplier& server, BlockIndex block) const {
  const Draft* draft = draft_of(server);
  return draft && draft->count > 0 && draft->first + draft->count == block &&
         draft->count < rules::request_floor / block_size;
}

bool Picker::serve_retry(PieceIndex piece, const Want& want, bool server_allowed) {
  const Pieces::Retry& retry = *pieces_.retry(piece);
  Supplier* chosen = nullptr;
  if (retry.only) {
    const auto it = suppliers_.find(*retry.only);
    chosen = it != suppliers_.end() && it->second.usable(now_) ? &it->second : nullptr;
  } else {
    // Somebody who had no part in the bad bytes, if there is one.
    const auto cost = [&](const Supplier& supplier) {
      const bool suspect = contains(retry.senders, supplier.id());
      return std::tuple(suspect, supplier.server() && !server_allowed,
                        supplier.delivery(pieces_.release().piece_length(), now_));
    };
    for (auto& [id, supplier] : suppliers_)
      if (supplier.usable(now_) && supplier.has(piece) &&
          (!chosen || cost(supplier) < cost(*chosen)))
        chosen = &supplier;
  }
  if (!chosen)
    return true;
  return serve_whole(pieces_.missing_in(piece), *chosen, want);
}

Supplier* Picker::best_peer(PieceIndex piece, bool with_room) const {
  Supplier* best = nullptr;
  for (auto& [id, supplier] : suppliers_) {
    if (supplier.server() || !supplier.usable(now_) || !supplier.has(piece) ||
        (with_room && !supplier.has_room(now_)))
      continue;
    if (!best || supplier.delivery(block_size, now_) < best->delivery(block_size, now_))
      best = &supplier;
  }
  return best;
}

Supplier* Picker::best_server(PieceIndex piece) const {
  Supplier* best = nullptr;
  for (auto& [id, supplier] : suppliers_) {
    if (!supplier.server() || !supplier.usable(now_) || !supplier.has(piece))
      continue;
    // A request that grows is better than two.
    if (const Draft* draft = draft_of(supplier); draft && draft->count > 0)
      return &supplier;
    if (!best || supplier.delivery(block_size, now_) < best->delivery(block_size, now_))
      best = &supplier;
  }
  return best;
}

const Picker::Draft* Picker::draft_of(const Supplier& supplier) const {
  for (const Draft& draft : drafts_)
    if (draft.supplier == &supplier)
      return &draft;
  return nullptr;
}

bool Picker::grows(const Draft& draft, BlockIndex block, const Want& want) const {
  if (draft.count == 0 || draft.first + draft.count != block || draft.starved != want.starved ||
      draft.urgency != want.urgency)
    return false;
  const std::uint32_t limit = draft.supplier->request_limit(now_);
  const PieceIndex piece = pieces_.release().piece_of(block);
  const bool begins_piece = pieces_.release().first_block(piece) == block;
  // A request ends with a piece where one fits.
  return draft.count + (begins_piece ? pieces_.release().block_count(piece) : 1) <= limit;
}

bool Picker::takes(const Supplier& supplier, BlockIndex block, const Want& want) const {
  // A request that it has not finished may bring it still, though it is not counted on any more.
  if (supplier.run_of(block))
    return false;
  if (!supplier.server())
    return supplier.has_room(now_);
  const Draft* draft = draft_of(supplier);
  return at_once(want, supplier) || (draft && grows(*draft, block, want)) ||
         supplier.has_room(now_);
}

void Picker::give(Supplier& supplier, BlockIndex block, const Want& want) {
  auto draft = std::find_if(drafts_.begin(), drafts_.end(),
                            [&](const Draft& each) { return each.supplier == &supplier; });
  if (draft == drafts_.end())
    draft = drafts_.insert(draft, Draft{&supplier, block, 0, want.urgency, want.starved});
  if (!grows(*draft, block, want)) {
    flush(*draft);
    *draft = Draft{&supplier, block, 0, want.urgency, want.starved};
  }
  ++draft->count;
  supplier.planned += block_size;
  pieces_.ask(block, supplier.id());
}

void Picker::flush(Draft& draft) {
  if (draft.count == 0)
    return;
  draft.supplier->planned -= std::uint64_t{draft.count} * block_size;
  draft.supplier->ask(draft.first, draft.count, draft.urgency, now_);
  actions_.push_back(
      Request{draft.supplier->id(), draft.first, draft.count, draft.urgency, draft.starved});
  draft.count = 0;
}

bool Picker::any_room() const {
  for (const auto& [id, supplier] : suppliers_)
    if (supplier.usable(now_) && supplier.has_room(now_))
      return true;
  return false;
}

} // namespace triad
