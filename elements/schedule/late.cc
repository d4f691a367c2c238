// SPDX-License-Identifier: LGPL-2.1-or-later
// Rule 5: asks somebody else for what its supplier will not bring in time.
#include "schedule/late.h"

#include "schedule/rules.h"
#include "schedule/withdraw.h"

#include <algorithm>

namespace triad {
namespace {

class Latecomers {
public:
  Latecomers(Pieces& pieces, Suppliers& suppliers, bool doubling,
             std::deque<ScheduleAction>& actions, Time now)
      : pieces_(pieces), suppliers_(suppliers), doubling_(doubling), actions_(actions), now_(now) {}

  void look_at(const Want& want) {
    const Release& release = pieces_.release();
    std::size_t looked_at = 0;
    for (PieceIndex piece = pieces_.next_unverified(want.begin, want.end);
         piece < want.end && looked_at < rules::late_pieces;
         piece = pieces_.next_unverified(++piece, want.end), ++looked_at) {
      const Time deadline = want.deadline(release.piece_range(piece).begin);
      if (deadline > now_ + rules::late_horizon)
        break;
      const BlockIndex first = release.first_block(piece);
      const std::uint32_t count = release.block_count(piece);
      for (std::uint32_t i = 0; i < count; ++i)
        look_at(first + i, piece, want, deadline);
    }
    flush();
  }

  [[nodiscard]] std::optional<Time> next_look() const { return next_look_; }

private:
  void look_at(BlockIndex block, PieceIndex piece, const Want& want, Time deadline) {
    const Pieces::Asked asked = pieces_.asked(block);
    if (!asked.first && !asked.again)
      return;
    // Of two, the second is the one that may be replaced: it can keep silent as the first did.
    const auto owner = suppliers_.find(asked.again ? *asked.again : *asked.first);
    const Supplier::Run* run = owner == suppliers_.end() ? nullptr : owner->second.run_of(block);
    Supplier* other = run ? best_other(piece, block, owner->first) : nullptr;
    if (!other)
      return;
    const Duration delivery = other->delivery(block_size, now_);
    const Time expected = now_ + owner->second.remaining(*run, block, now_);
    const bool sooner = now_ + delivery < expected;
    // What is granted ahead of a starved read is due now only in order: it is no emergency.
    const bool playing = want.rank != Rank::copy && want.rank != Rank::granted && !want.starved;
    const Time odd = oddly_late(owner->second, *run, block);
    // Who may be gone is not waited for until the last moment, when the line may be full of what
    // others send: if a peer makes it, it takes the block over.
    if (playing && sooner && now_ >= odd &&
        owner->second.estimate().silence(now_) >= rules::quiet) {
      Supplier* heir = best_other(piece, block, owner->first, /*peers_only=*/true);
      if (heir && now_ + heir->delivery(block_size, now_) + rules::margin <= deadline)
        return move(owner->second, *heir, piece, block, want);
    }
    // The last moment at which the other makes the deadline; without one, when it is oddly late.
    const Time last_moment = deadline - delivery - rules::margin;
    const Time moment = playing ? std::min(last_moment, std::max(odd, deadline)) : odd;
    const bool misses = !playing || expected > deadline;
    if (now_ < moment) {
      look_again_at(moment);
      return;
    }
    if (!sooner || !misses) {
      look_again_at(now_ + rules::starved_tick);
      return;
    }
    if (doubling_ && !asked.twice && !pieces_.retry(piece)) {
      give(*other, block, want);
    } else if (now_ >= odd + rules::silence) {
      move(owner->second, *other, piece, block, want);
    } else {
      look_again_at(odd + rules::silence);
    }
  }

  // How irregular its blocks were before says nothing of one from whom nothing comes any more.
  [[nodiscard]] Time oddly_late(const Supplier& owner, const Supplier::Run& run,
                                BlockIndex block) const {
    const Time predicted = Supplier::predicted(run, block);
    const Time usual = predicted + owner.estimate().tolerance();
    const Duration silent = owner.estimate().silence(now_);
    return silent > Duration{0} ? std::min(usual, std::max(predicted, now_ - silent + rules::quiet))
                                : usual;
  }

  // Not a second request: a new one in place of the old.
  void move(Supplier& from, Supplier& to, PieceIndex piece, BlockIndex block, const Want& want) {
    take_from(from, piece, block);
    if (const Pieces::Asked left = pieces_.asked(block); !left.first || !left.again)
      give(to, block, want);
  }

  Supplier* best_other(PieceIndex piece, BlockIndex block, SupplierId owner,
                       bool peers_only = false) {
    Supplier* best = nullptr;
    for (auto& [id, supplier] : suppliers_) {
      if (id == owner || !supplier.usable(now_) || !supplier.has(piece) || supplier.run_of(block) ||
          (peers_only && supplier.server()))
        continue;
      if (!best || supplier.delivery(block_size, now_) < best->delivery(block_size, now_))
        best = &supplier;
    }
    return best;
  }

  void take_from(Supplier& owner, PieceIndex piece, BlockIndex block) {
    if (pieces_.retry(piece)) {
      // All of it is to come from one: from another, then.
      const BlockIndex first = pieces_.release().first_block(piece);
      for (std::uint32_t i = 0; i < pieces_.release().block_count(piece); ++i)
        take(owner, first + i);
      pieces_.restart_retry(piece);
      return;
    }
    take(owner, block);
  }

  void take(Supplier& owner, BlockIndex block) {
    if (owner.server()) {
      if (const Supplier::Run* run = owner.run_of(block))
        withdraw_rest(pieces_, owner, *run, actions_, now_);
      return;
    }
    if (!pieces_.give_back(block, owner.id()))
      return;
    owner.forget(block, now_);
    actions_.push_back(Cancel{owner.id(), block, 1});
  }

  void give(Supplier& supplier, BlockIndex block, const Want& want) {
    if (!draft_ || draft_ != &supplier || first_ + count_ != block) {
      flush();
      draft_ = &supplier;
      first_ = block;
      urgency_ = want.urgency;
      starved_ = want.starved;
    }
    ++count_;
    supplier.planned += block_size;
    pieces_.ask(block, supplier.id());
  }

  void flush() {
    if (count_ == 0)
      return;
    draft_->planned -= std::uint64_t{count_} * block_size;
    draft_->ask(first_, count_, urgency_, now_);
    actions_.push_back(Request{draft_->id(), first_, count_, urgency_, starved_});
    count_ = 0;
    draft_ = nullptr;
  }

  void look_again_at(Time time) {
    if (!next_look_ || time < *next_look_)
      next_look_ = time;
  }

  Pieces& pieces_;
  Suppliers& suppliers_;
  bool doubling_;
  std::deque<ScheduleAction>& actions_;
  Time now_;
  std::optional<Time> next_look_;
  Supplier* draft_ = nullptr; // a request that still grows
  BlockIndex first_;
  std::uint32_t count_ = 0;
  Urgency urgency_ = Urgency::playing;
  bool starved_ = false;
};

bool has_deadlines_or_copies(Rank rank) {
  return rank != Rank::beyond && rank != Rank::prefetch;
}

} // namespace

std::optional<Time> ask_again(Pieces& pieces, Suppliers& suppliers, const std::vector<Want>& wants,
                              bool doubling, std::deque<ScheduleAction>& actions, Time now) {
  if (suppliers.size() < 2)
    return std::nullopt;
  for (auto& [id, supplier] : suppliers)
    supplier.planned = 0;
  Latecomers latecomers(pieces, suppliers, doubling, actions, now);
  for (const Want& want : wants)
    if (has_deadlines_or_copies(want.rank))
      latecomers.look_at(want);
  return latecomers.next_look();
}

} // namespace triad
