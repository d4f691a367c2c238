// SPDX-License-Identifier: LGPL-2.1-or-later
// What one address may take of a tracker. Memory is bounded: an address is known while it has a
// connection and for at most ten seconds after.
#pragma once

#include "tracker/access/address.h"
#include "tracker/swarms/swarms.h"

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace triad::tracker {

struct AddressLimitsSettings { // each 1 at least
  std::uint32_t connections = 200;
  std::uint32_t messages_per_second = 100; // averaged over ten seconds: ten times as many at once
  std::uint32_t swarms = 20'000;
};

class AddressLimits {
public:
  // One address's state; stays where it is while it has a connection.
  struct Usage {
    std::uint32_t connections = 0;
    std::uint32_t swarms = 0;
    std::chrono::microseconds spent_until{0}; // at the permitted pace, its messages last till then
  };

  // `seed` keeps strangers from choosing addresses that collide.
  explicit AddressLimits(std::uint64_t seed) : usages_(0, Hash{seed}) {}

  void apply(const AddressLimitsSettings& settings) { settings_ = settings; }
  [[nodiscard]] const AddressLimitsSettings& settings() const { return settings_; }

  // One more connection; null if the address has as many as it may. close() it with the same one.
  [[nodiscard]] Usage* open(const Address& address);
  void close(const Address& address, Time now);
  // One message; false if it is one too many: then it does not count.
  [[nodiscard]] bool message(Usage& usage, Time now) const;

  // Forgets who is gone. Call it about once a second.
  void expire(Time now);
  [[nodiscard]] std::size_t known() const { return usages_.size(); }

private:
  struct Hash {
    std::uint64_t seed;
    std::size_t operator()(const Address& address) const noexcept;
  };

  AddressLimitsSettings settings_;
  std::unordered_map<Address, Usage, Hash> usages_; // by whole_site()
  std::size_t departed_ = 0;                        // those without a connection
};

} // namespace triad::tracker
