// SPDX-License-Identifier: LGPL-2.1-or-later
// Numbers from an injected seed; not for secrets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace triad::company {

[[nodiscard]] inline std::uint64_t next_random(std::uint64_t& state) { // SplitMix64
  std::uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

inline void fill_random(std::uint64_t& state, std::span<std::uint8_t> out) {
  for (auto& byte : out)
    byte = static_cast<std::uint8_t>(next_random(state));
}

} // namespace triad::company
