// SPDX-License-Identifier: LGPL-2.1-or-later
// Numbers as the wire has them: 32 bits, the highest byte first. For wire/ alone.
#pragma once

#include "release/hashes.h"

#include <cstdint>
#include <vector>

namespace triad::wire {

inline std::uint32_t number_at(Bytes bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (const std::byte byte : bytes.subspan(at, 4))
    value = value << 8 | std::to_integer<std::uint32_t>(byte);
  return value;
}

inline void append_number(std::vector<std::byte>& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::byte>(value >> shift & 0xffu));
}

inline void append_bytes(std::vector<std::byte>& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

} // namespace triad::wire
