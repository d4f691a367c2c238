// SPDX-License-Identifier: LGPL-2.1-or-later
// Bytes by who sent them.
#pragma once

#include "schedule/schedule.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace triad {

inline constexpr SupplierId server_id{0}; // all others are peers

// A range of a piece that one supplier sent (release space). No sender: an opening had guessed
// where the bytes are, and nobody is to blame if they are wrong.
struct SentRange {
  ByteRange range;
  std::optional<SupplierId> sender;
};
struct SentPiece {
  std::vector<std::byte> bytes; // pads and gaps are zeros, and in no range
  std::vector<SentRange> ranges;
};

// What was received for one track, wasted bytes included.
struct TrackCounts {
  std::uint64_t server = 0;
  std::map<std::string, std::uint64_t> peers; // by the peer's id
  std::uint64_t wasted = 0;                   // of all of them
};

} // namespace triad
