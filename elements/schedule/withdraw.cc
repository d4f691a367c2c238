// SPDX-License-Identifier: LGPL-2.1-or-later
// Takes back requests that are not wanted any more, or are wanted sooner than was said.
#include "schedule/withdraw.h"

#include "schedule/rules.h"

#include <algorithm>

namespace triad {
namespace {

bool wanted(const std::vector<Want>& wants, PieceIndex piece) {
  return std::any_of(wants.begin(), wants.end(),
                     [&](const Want& want) { return want.begin <= piece && piece < want.end; });
}

class Withdrawal {
public:
  Withdrawal(Pieces& pieces, const std::vector<Want>& wants, std::deque<ScheduleAction>& actions,
             Time now)
      : pieces_(pieces), wants_(wants), actions_(actions), now_(now) {}

  void server_run(Supplier& server, const Supplier::Run& run) {
    std::uint64_t useless = 0; // bytes before the first that is wanted
    for (std::uint32_t i = 0; i < run.count; ++i) {
      if (!pieces_.owes(server.id(), run.first + i))
        continue;
      if (wanted(wants_, pieces_.release().piece_of(run.first + i)))
        break;
      useless += block_size;
    }
    const double seconds = std::chrono::duration<double>(rules::run_out).count();
    if (static_cast<double>(useless) > server.estimate().rate(now_) * seconds)
      withdraw_rest(pieces_, server, run, actions_, now_);
  }

  void peer_run(Supplier& peer, const Supplier::Run& run) {
    std::uint32_t length = 0; // of neighbours taken back
    for (std::uint32_t i = 0; i <= run.count; ++i) {
      const BlockIndex block = run.first + i;
      if (i < run.count && pieces_.owes(peer.id(), block) &&
          !wanted(wants_, pieces_.release().piece_of(block))) {
        forget(peer, block);
        ++length;
      } else if (length > 0) {
        actions_.push_back(Cancel{peer.id(), run.first + (i - length), length});
        length = 0;
      }
    }
  }

private:
  void forget(Supplier& supplier, BlockIndex block) {
    if (pieces_.give_back(block, supplier.id()))
      supplier.forget(block, now_);
  }

  Pieces& pieces_;
  const std::vector<Want>& wants_;
  std::deque<ScheduleAction>& actions_;
  Time now_;
};

// Nothing else is heard within seconds.
bool heard_soon(const Want& want) {
  return want.rank <= Rank::near && want.urgency == Urgency::playing;
}

} // namespace

void withdraw_rest(Pieces& pieces, Supplier& server, Supplier::Run run,
                   std::deque<ScheduleAction>& actions, Time now) {
  for (std::uint32_t i = 0; i < run.count; ++i) {
    pieces.give_back(run.first + i, server.id());
    server.forget(run.first + i, now);
  }
  actions.push_back(Cancel{server.id(), run.first, run.count});
}

void withdraw_unwanted(Pieces& pieces, Suppliers& suppliers, const std::vector<Want>& wants,
                       std::deque<ScheduleAction>& actions, Time now) {
  Withdrawal withdrawal(pieces, wants, actions, now);
  for (auto& [id, supplier] : suppliers) {
    const std::vector<Supplier::Run> runs = supplier.runs();
    for (const Supplier::Run& run : runs) {
      if (supplier.server())
        withdrawal.server_run(supplier, run);
      else
        withdrawal.peer_run(supplier, run);
    }
  }
}

void withdraw_less_urgent(Pieces& pieces, Suppliers& suppliers, const std::vector<Want>& wants,
                          std::deque<ScheduleAction>& actions, Time now) {
  const Release& release = pieces.release();
  const auto raise = [&](std::optional<SupplierId> id, BlockIndex block) {
    const auto owner = id ? suppliers.find(*id) : suppliers.end();
    if (owner == suppliers.end() || !owner->second.identity())
      return;
    const Supplier::Run* run = owner->second.run_of(block);
    if (!run || run->urgency == Urgency::playing || !pieces.give_back(block, *id))
      return;
    owner->second.forget(block, now);
    actions.push_back(Cancel{*id, block, 1});
  };
  for (const Want& want : wants) {
    if (!heard_soon(want))
      continue;
    for (PieceIndex piece = pieces.next_unverified(want.begin, want.end); piece < want.end;
         piece = pieces.next_unverified(++piece, want.end)) {
      if (pieces.retry(piece))
        continue; // all of it comes from one
      for (std::uint32_t i = 0; i < release.block_count(piece); ++i) {
        const BlockIndex block = release.first_block(piece) + i;
        const Pieces::Asked asked = pieces.asked(block);
        raise(asked.first, block);
        raise(asked.again, block);
      }
    }
  }
}

} // namespace triad
