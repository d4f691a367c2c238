// SPDX-License-Identifier: LGPL-2.1-or-later
// Takes back requests that a seek, or a reader that left, has made useless.
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
  Withdrawal(Pieces& pieces, const std::vector<Want>& wants, std::deque<ScheduleAction>& actions)
      : pieces_(pieces), wants_(wants), actions_(actions) {}

  void server_run(Supplier& server, const Supplier::Run& run, Time now) {
    std::uint64_t useless = 0; // bytes before the first that is wanted
    for (std::uint32_t i = 0; i < run.count; ++i) {
      if (!pieces_.owes(server.id(), run.first + i))
        continue;
      if (wanted(wants_, pieces_.release().piece_of(run.first + i)))
        break;
      useless += block_size;
    }
    const double seconds = std::chrono::duration<double>(rules::run_out).count();
    if (static_cast<double>(useless) > server.estimate().rate(now) * seconds)
      withdraw_rest(pieces_, server, run, actions_);
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
      supplier.forget(block);
  }

  Pieces& pieces_;
  const std::vector<Want>& wants_;
  std::deque<ScheduleAction>& actions_;
};

} // namespace

void withdraw_rest(Pieces& pieces, Supplier& server, Supplier::Run run,
                   std::deque<ScheduleAction>& actions) {
  for (std::uint32_t i = 0; i < run.count; ++i) {
    pieces.give_back(run.first + i, server.id());
    server.forget(run.first + i);
  }
  actions.push_back(Cancel{server.id(), run.first, run.count});
}

void withdraw_unwanted(Pieces& pieces, Suppliers& suppliers, const std::vector<Want>& wants,
                       std::deque<ScheduleAction>& actions, Time now) {
  Withdrawal withdrawal(pieces, wants, actions);
  for (auto& [id, supplier] : suppliers) {
    const std::vector<Supplier::Run> runs = supplier.runs();
    for (const Supplier::Run& run : runs) {
      if (supplier.server())
        withdrawal.server_run(supplier, run, now);
      else
        withdrawal.peer_run(supplier, run);
    }
  }
}

} // namespace triad
