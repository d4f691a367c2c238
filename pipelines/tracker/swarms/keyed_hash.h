// SPDX-License-Identifier: LGPL-2.1-or-later
// SipHash-2-4 (Aumasson, Bernstein 2012): strangers choose the ids that fill our tables.
#pragma once

#include <cstdint>
#include <span>

namespace triad::tracker {

struct HashKey {
  std::uint64_t low = 0, high = 0; // secret, random
};

[[nodiscard]] std::uint64_t keyed_hash(const HashKey& key, std::span<const std::uint8_t> bytes);

} // namespace triad::tracker
