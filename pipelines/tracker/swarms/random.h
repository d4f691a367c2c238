// SPDX-License-Identifier: LGPL-2.1-or-later
// Random numbers for fair choices; not for secrets.
#pragma once

#include <cstdint>

namespace triad::tracker {

class Random {
public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() { // SplitMix64 (Steele, Lea, Flood 2014)
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // In [0, bound), which is not empty. What bounds prefer is less than one in 2^32 / bound.
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }

private:
  std::uint64_t state_;
};

} // namespace triad::tracker
