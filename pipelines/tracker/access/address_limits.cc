// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/access/address_limits.h"

#include <algorithm>
#include <cstring>

namespace triad::tracker {
namespace {

constexpr std::chrono::seconds averaged_over{10};
constexpr std::size_t most_departed = 100'000;

std::uint64_t mixed(std::uint64_t word) {
  word ^= word >> 32;
  word *= 0xd6e8feb86659fd93U;
  word ^= word >> 32;
  word *= 0xd6e8feb86659fd93U;
  return word ^ word >> 32;
}

} // namespace

std::size_t AddressLimits::Hash::operator()(const Address& address) const noexcept {
  std::uint64_t halves[2];
  std::memcpy(halves, address.bytes.data(), sizeof halves);
  return static_cast<std::size_t>(mixed(mixed(halves[0] ^ seed) + halves[1]));
}

AddressLimits::Usage* AddressLimits::open(const Address& address) {
  const auto [found, added] = usages_.try_emplace(whole_site(address));
  Usage& usage = found->second;
  if (usage.connections >= settings_.connections) {
    return nullptr;
  }
  if (usage.connections++ == 0 && !added) {
    --departed_;
  }
  return &usage;
}

void AddressLimits::close(const Address& address, Time now) {
  const auto found = usages_.find(whole_site(address));
  Usage& usage = found->second;
  if (--usage.connections > 0) {
    return;
  }
  if (usage.spent_until <= now || departed_ >= most_departed) {
    usages_.erase(found);
  } else {
    ++departed_; // so that coming again is no new start
  }
}

bool AddressLimits::message(Usage& usage, Time now) const {
  const std::chrono::microseconds cost{1'000'000 / settings_.messages_per_second};
  const std::chrono::microseconds spent =
      std::max<std::chrono::microseconds>(usage.spent_until, now) + cost;
  if (spent > now + averaged_over) {
    return false;
  }
  usage.spent_until = spent;
  return true;
}

void AddressLimits::expire(Time now) {
  if (departed_ > 0) {
    departed_ -= std::erase_if(usages_, [&](const auto& entry) {
      return entry.second.connections == 0 && entry.second.spent_until <= now;
    });
  }
}

} // namespace triad::tracker
