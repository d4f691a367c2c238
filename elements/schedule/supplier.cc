// SPDX-License-Identifier: LGPL-2.1-or-later
// One supplier as the schedule sees it.
#include "schedule/supplier.h"

#include "schedule/rules.h"

#include <algorithm>

namespace triad {
namespace {

Duration time_for(std::uint64_t bytes, double rate) {
  constexpr double longest = 3600; // an hour is as good as never, and can be added to
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(std::min(static_cast<double>(bytes) / rate, longest)));
}

std::uint64_t bytes_in(Duration duration, double rate) {
  return static_cast<std::uint64_t>(std::chrono::duration<double>(duration).count() * rate);
}

} // namespace

Supplier::Supplier(const SupplierAdded& facts)
    : id_(facts.supplier),
      kind_(facts.kind),
      max_requests_(facts.max_requests),
      identity_(facts.identity),
      estimate_(facts.rate.value_or(server() ? rules::server_rate : rules::peer_rate),
                facts.delay.value_or(rules::first_delay)) {
  if (facts.has)
    has_.emplace(*facts.has);
}

void Supplier::add_piece(PieceIndex piece) {
  if (has_)
    has_->insert(piece);
}

Duration Supplier::delivery(std::uint64_t more, Time now) const {
  return time_for(outstanding_ + planned + more, estimate_.rate(now)) + estimate_.delay();
}

bool Supplier::has_room(Time now) const {
  const double rate = estimate_.rate(now);
  const std::uint64_t holds = outstanding_ + planned;
  if (server())
    return runs_.size() < rules::server_requests &&
           (holds == 0 || time_for(holds, rate) <= 2 * estimate_.delay() + rules::server_slack);
  const std::uint64_t limit = std::max(rules::queue_min, bytes_in(rules::queue_max, rate));
  return holds + block_size <= limit && (max_requests_ == 0 || holds / block_size < max_requests_);
}

bool Supplier::hungry(Time now) const {
  if (server())
    return has_room(now);
  const std::uint64_t limit =
      std::max(rules::queue_min, bytes_in(rules::queue_max, estimate_.rate(now)));
  const std::uint64_t most =
      max_requests_ == 0 ? limit : std::min<std::uint64_t>(limit, max_requests_ * block_size);
  return outstanding_ <= most / 2;
}

std::uint32_t Supplier::request_limit(Time now) const {
  if (!server())
    return static_cast<std::uint32_t>(rules::request_max / block_size);
  const std::uint64_t bytes = std::clamp(bytes_in(rules::queue_max, estimate_.rate(now)),
                                         rules::request_floor, rules::request_max);
  return static_cast<std::uint32_t>(bytes / block_size);
}

void Supplier::ask(BlockIndex first, std::uint32_t count, Urgency urgency, Time now) {
  const double rate = estimate_.rate(now);
  // Behind what it owes, and not behind what a plan has in mind for it and may give to another.
  const Time due = now + time_for(outstanding_ + block_size, rate) + estimate_.delay();
  estimate_.asked(now, outstanding_ == 0);
  runs_.push_back({first, count, count, std::vector<bool>(count), now, due,
                   time_for(block_size, rate), urgency});
  outstanding_ += std::uint64_t{count} * block_size;
}

void Supplier::received(std::uint32_t bytes, Time now) {
  counted_ += bytes;
  estimate_.received(bytes, now, false);
}

std::size_t Supplier::index_of(BlockIndex block) const {
  const auto brings = [block](const Run& run) {
    return run.first <= block && block.value() - run.first.value() < run.count &&
           !run.came[block.value() - run.first.value()];
  };
  return static_cast<std::size_t>(std::find_if(runs_.begin(), runs_.end(), brings) - runs_.begin());
}

const Supplier::Run* Supplier::run_of(BlockIndex block) const {
  const std::size_t i = index_of(block);
  return i < runs_.size() ? &runs_[i] : nullptr;
}

void Supplier::settle(std::size_t index, BlockIndex block) {
  Run& run = runs_[index];
  run.came[block.value() - run.first.value()] = true;
  outstanding_ -= block_size;
  if (--run.left == 0)
    runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(index));
}

void Supplier::arrived(BlockIndex block, std::uint64_t bytes, Time now) {
  if (const std::size_t i = index_of(block); i < runs_.size()) {
    estimate_.arrived(predicted(runs_[i], block), now);
    settle(i, block);
  }
  const std::uint64_t counted = std::min(counted_, bytes);
  counted_ -= counted;
  estimate_.received(bytes - counted, now, outstanding_ == 0);
}

void Supplier::forget(BlockIndex block, Time now) {
  if (const std::size_t i = index_of(block); i < runs_.size())
    settle(i, block);
  if (outstanding_ == 0) {
    estimate_.abandoned(now);
    counted_ = 0;
  }
}

Duration Supplier::remaining(const Run& run, BlockIndex block, Time now) const {
  std::uint64_t before = 0; // blocks
  for (const Run& each : runs_) {
    if (&each == &run)
      break;
    before += each.left;
  }
  const std::uint32_t came = run.count - run.left;
  const std::uint32_t index = block.value() - run.first.value();
  before += index > came ? index - came : 0;
  const Duration silent = std::max(run.asked + estimate_.delay() - now, Duration{0});
  return silent + time_for((before + 1) * block_size, estimate_.rate(now));
}

Time Supplier::predicted(const Run& run, BlockIndex block) {
  return run.due + run.per_block * (block.value() - run.first.value());
}

} // namespace triad
