// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/swarms/homes.h"

namespace triad::tracker {
namespace {

constexpr Index wrap = 0x7fffffff;

} // namespace

const Homes::Entry& Homes::entry(Index number) const {
  return entries_[(number - first_) & wrap];
}

Index Homes::find_number(std::uint64_t key) const {
  return table_.find(key, [&](Index number) { return entry(number).key == key; });
}

void Homes::add(std::uint64_t key, TrackerId home, std::uint32_t now) {
  if (const Index old = find_number(key); old != none) {
    table_.erase(key, old);
    entries_[(old - first_) & wrap].known = false;
  }
  if (entries_.size() == most)
    drop_oldest();
  table_.insert(key, (first_ + static_cast<Index>(entries_.size())) & wrap);
  entries_.push_back({key, home, now, true});
}

std::optional<TrackerId> Homes::find(std::uint64_t key) const {
  const Index number = find_number(key);
  if (number == none)
    return std::nullopt;
  return entry(number).home;
}

void Homes::expire(std::uint32_t now) {
  while (!entries_.empty() && now - entries_.front().since > lifetime)
    drop_oldest();
}

void Homes::drop_oldest() {
  if (entries_.front().known)
    table_.erase(entries_.front().key, first_);
  entries_.pop_front();
  first_ = (first_ + 1) & wrap;
}

} // namespace triad::tracker
