// SPDX-License-Identifier: LGPL-2.1-or-later
// Takes the events, keeps the state, makes a plan where an event calls for one.
#include "schedule/schedule.h"

#include "schedule/late.h"
#include "schedule/picker.h"
#include "schedule/rules.h"
#include "schedule/waste.h"
#include "schedule/withdraw.h"

#include <algorithm>
#include <deque>
#include <map>

namespace triad {

struct Schedule::State {
  State(ReleasePtr the_release, std::uint64_t seed)
      : pieces(the_release), availability(the_release->piece_count()), lots{seed} {}

  Pieces pieces;
  Suppliers suppliers;
  Availability availability;
  std::map<ReaderId, ScheduledReader> readers;
  Picker::Lots lots;
  Waste waste;
  std::optional<Time> looking_since;
  std::deque<ScheduleAction> actions;
  std::optional<Time> wake;
  Time now{0};
  bool unmet = false;       // the last plan left something that blocks or pieces make possible
  bool must_plan = false;   // this event changed what is wanted or who can give it
  bool must_cancel = false; // this event may have left requests that nobody wants

  Supplier* supplier(SupplierId id) {
    const auto it = suppliers.find(id);
    return it == suppliers.end() ? nullptr : &it->second;
  }
  ScheduledReader* reader(ReaderId id) {
    const auto it = readers.find(id);
    return it == readers.end() ? nullptr : &it->second;
  }

  void on(const SupplierAdded& event);
  void on(const SupplierHas& event);
  void on(const SupplierRemoved& event);
  void on(const SupplierChoked& event);
  void on(const Underway& event);
  void on(const RequestFailed& event);
  void on(const RequestOver& event);
  void on(const BlockArrived& event);
  void on(const BytesArrived& event);
  void on(const PieceVerified& event);
  void on(const PieceBad& event);
  void on(const PieceLost& event);
  void on(const ReaderAdded& event);
  void on(const ReaderChanged& event);
  void on(const ReaderRemoved& event);
  void on(const ReaderSought& event);
  void on(const ReaderWaits& event);
  void on(const RunningTime& event);
  void on(const OutlookChanged& event);
  void on(const LookingForPeers& event);
  void on(const KnownAs& event) { lots.identity = event.identity; }
  void on(const Tick& event);

  void take_back(Supplier& from, BlockIndex first, std::uint32_t count);
  void cancel(const std::vector<Pieces::Pending>& pending);
  void plan();
  void set_wake(std::optional<Time> next);
  [[nodiscard]] bool looking() const {
    return looking_since && availability.peers() == 0 &&
           now - *looking_since < rules::looking_limit;
  }
};

// --- suppliers

void Schedule::State::on(const SupplierAdded& event) {
  const auto [it, is_new] = suppliers.try_emplace(event.supplier, event);
  if (!is_new)
    return;
  if (!it->second.server())
    availability.add(it->second);
  must_plan = true;
}

void Schedule::State::on(const SupplierHas& event) {
  Supplier* who = supplier(event.supplier);
  if (!who || who->has(event.piece) || event.piece.value() >= pieces.release().piece_count())
    return;
  who->add_piece(event.piece);
  if (!who->server())
    availability.add_piece(event.piece);
  must_plan = must_plan || who->hungry(now);
}

void Schedule::State::take_back(Supplier& from, BlockIndex first, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    pieces.give_back(first + i, from.id());
    from.forget(first + i, now);
  }
}

void Schedule::State::on(const SupplierRemoved& event) {
  Supplier* who = supplier(event.supplier);
  if (!who)
    return;
  const std::vector<Supplier::Run> runs = who->runs();
  for (const Supplier::Run& run : runs)
    take_back(*who, run.first, run.count);
  if (!who->server())
    availability.remove(*who);
  suppliers.erase(event.supplier);
  pieces.restart_retries(event.supplier);
  must_plan = true;
}

void Schedule::State::on(const SupplierChoked& event) {
  Supplier* who = supplier(event.supplier);
  if (!who)
    return;
  who->set_choked(event.choked);
  // What it alone was to send again comes from another.
  if (event.choked) {
    for (const PieceIndex piece : pieces.retries_of(event.supplier))
      take_back(*who, pieces.release().first_block(piece), pieces.release().block_count(piece));
    pieces.restart_retries(event.supplier);
  }
  must_plan = true;
}

void Schedule::State::on(const Underway& event) {
  Supplier* who = supplier(event.supplier);
  if (!who)
    return;
  // Neighbours that are missing make one run.
  std::uint32_t i = 0;
  while (i < event.count) {
    std::uint32_t length = 0;
    while (i + length < event.count && pieces.missing(event.first + (i + length)))
      pieces.ask(event.first + (i + length++), event.supplier);
    if (length > 0)
      who->ask(event.first + i, length, Urgency::playing, now);
    i += length + 1;
  }
}

void Schedule::State::on(const RequestFailed& event) {
  Supplier* who = supplier(event.supplier);
  if (!who)
    return;
  take_back(*who, event.first, event.count);
  who->retry_from(event.retry_at);
  must_plan = true;
}

void Schedule::State::on(const RequestOver& event) {
  Supplier* who = supplier(event.supplier);
  if (!who)
    return;
  take_back(*who, event.first, event.count);
  must_plan = true;
}

// --- data

void Schedule::State::on(const BlockArrived& event) {
  Supplier* who = supplier(event.supplier);
  const ByteRange range = pieces.release().block_range(event.block);
  if (who)
    who->arrived(event.block, range.size(), now);
  const Pieces::Arrival arrival = pieces.arrive(event.block, event.supplier);
  waste.received(range.size(), !arrival.fresh, now);
  if (arrival.second)
    cancel({{event.block, *arrival.second}});
  must_plan = unmet && (!who || who->hungry(now));
}

void Schedule::State::on(const BytesArrived& event) {
  if (Supplier* who = supplier(event.supplier))
    who->received(event.bytes, now);
}

void Schedule::State::cancel(const std::vector<Pieces::Pending>& pending) {
  for (const auto& [block, id] : pending) {
    Supplier* who = supplier(id);
    // A server can't skip a part of a request; what it sends of this is thrown away.
    if (!who || who->server())
      continue;
    who->forget(block, now);
    actions.push_back(Cancel{id, block, 1});
  }
}

void Schedule::State::on(const PieceVerified& event) {
  cancel(pieces.verify(event.piece));
  must_plan = unmet;
}

void Schedule::State::on(const PieceBad& event) {
  // A request that still brings bytes of it would mix them with the new ones.
  const BlockIndex first = pieces.release().first_block(event.piece);
  const std::uint32_t count = pieces.release().block_count(event.piece);
  for (auto& [id, each] : suppliers) {
    const std::vector<Supplier::Run> runs = each.runs();
    for (const Supplier::Run& run : runs)
      if (each.server() && run.first < first + count && first < run.first + run.count)
        withdraw_rest(pieces, each, run, actions, now);
  }
  cancel(pieces.reject(event.piece));
  const std::vector<SupplierId>& senders = pieces.retry(event.piece)->senders;
  if (senders.size() == 1)
    actions.push_back(SentBadPiece{senders.front(), event.piece});
  must_plan = true;
}

void Schedule::State::on(const PieceLost& event) {
  pieces.lose(event.piece);
  must_plan = true;
}

// --- readers

void Schedule::State::on(const ReaderAdded& event) {
  readers.try_emplace(event.reader, event, pieces.release());
  must_plan = true;
}

void Schedule::State::on(const ReaderChanged& event) {
  if (ScheduledReader* who = reader(event.reader))
    who->change(event, now);
  must_plan = true;
}

void Schedule::State::on(const ReaderRemoved& event) {
  readers.erase(event.reader);
  must_plan = must_cancel = true;
}

void Schedule::State::on(const ReaderSought& event) {
  if (ScheduledReader* who = reader(event.reader))
    who->seek(event.offset, event.stop, now);
  must_plan = must_cancel = true;
}

void Schedule::State::on(const ReaderWaits& event) {
  if (ScheduledReader* who = reader(event.reader))
    who->wait(event.offset, now);
  must_plan = event.offset.has_value();
}

void Schedule::State::on(const RunningTime& event) {
  if (ScheduledReader* who = reader(event.reader))
    who->run(event.time, now);
  must_plan = true;
}

void Schedule::State::on(const OutlookChanged& event) {
  if (ScheduledReader* who = reader(event.reader))
    who->set_before(event.before);
  must_plan = true;
}

void Schedule::State::on(const LookingForPeers& event) {
  if (!event.looking)
    looking_since.reset();
  else if (!looking_since)
    looking_since = now;
  must_plan = true;
}

void Schedule::State::on(const Tick&) {
  wake.reset();
  must_plan = true;
}

// --- the plan

void Schedule::State::plan() {
  const Company company{availability.peers() > 0, looking()};
  std::vector<Want> wants;
  for (auto& [id, each] : readers) {
    each.advance(now, company.peers || company.looking);
    add_wants(wants, each, pieces, company, now);
  }
  sort_wants(wants);
  if (must_cancel)
    withdraw_unwanted(pieces, suppliers, wants, actions, now);
  withdraw_less_urgent(pieces, suppliers, wants, actions, now);
  Picker picker(pieces, suppliers, availability, lots, actions, now);
  picker.serve(wants);
  const bool held_back = std::any_of(wants.begin(), wants.end(), [](const Want& want) {
    return want.rank == Rank::near && want.server_window <= Duration{0};
  });
  unmet = picker.unmet() || held_back;
  set_wake(ask_again(pieces, suppliers, wants, !waste.too_much(now), actions, now));
}

void Schedule::State::set_wake(std::optional<Time> next) {
  const auto consider = [&](Time time) {
    if (time > now && (!next || time < *next))
      next = time;
  };
  for (const auto& [id, each] : suppliers)
    if (each.retry_at())
      consider(*each.retry_at());
  if (looking())
    consider(*looking_since + rules::looking_limit);
  for (const auto& [id, each] : readers)
    if (each.waits())
      consider(now + rules::starved_tick);
  if (next && next != wake)
    actions.push_back(WakeAt{*next});
  wake = next;
}

// --- the outside

Schedule::Schedule(ReleasePtr release, std::uint64_t seed)
    : state_(std::make_unique<State>(std::move(release), seed)) {}
Schedule::~Schedule() = default;
Schedule::Schedule(Schedule&&) noexcept = default;
Schedule& Schedule::operator=(Schedule&&) noexcept = default;

void Schedule::on(const ScheduleEvent& event, Time now) {
  state_->now = std::max(now, state_->now);
  state_->must_plan = state_->must_cancel = false;
  std::visit([this](const auto& each) { state_->on(each); }, event);
  if (state_->must_plan)
    state_->plan();
}

std::optional<ScheduleAction> Schedule::poll() {
  if (state_->actions.empty())
    return std::nullopt;
  ScheduleAction action = state_->actions.front();
  state_->actions.pop_front();
  return action;
}

double Schedule::rate(SupplierId supplier) const {
  const Supplier* who = state_->supplier(supplier);
  return who ? who->estimate().rate(state_->now) : 0;
}

Duration Schedule::lead(ReaderId reader, Time now) const {
  const ScheduledReader* who = state_->reader(reader);
  if (!who)
    return Duration{0};
  const Release& release = state_->pieces.release();
  const std::uint64_t start = release.file(who->track()).offset;
  const ByteRange rest = release.to_release_space(who->track(), {who->front(now), who->end()});
  const Release::PieceSpan span = release.pieces_of(rest);
  const PieceIndex gap = state_->pieces.next_unverified(span.begin, span.end);
  if (gap == span.end)
    return who->until(who->end(), now);
  const std::uint64_t begin = release.piece_range(gap).begin;
  return begin <= start ? Duration{0} : who->until(begin - start, now);
}

Outlook Schedule::outlook(ReaderId reader, Time now) const {
  const ScheduledReader* who = state_->reader(reader);
  if (!who || !who->placed())
    return {};
  const Duration remaining = who->until(who->end(), now);
  const Duration had = lead(reader, now);
  return {had >= std::min(remaining, rules::prefetch_lead), remaining};
}

} // namespace triad
