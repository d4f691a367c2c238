// SPDX-License-Identifier: LGPL-2.1-or-later
// What the readers want, most urgent first: runs of pieces with deadlines and with whom to ask.
#pragma once

#include "schedule/reader.h"

#include <vector>

namespace triad {

// Ordered: what stands earlier is served first.
enum class Rank : std::uint8_t {
  starved,  // a read waits for it
  start,    // head and tail
  granted,  // ahead of a starved read
  near,     // less than 3 s ahead of the playhead
  window,   // to the end of the longest window
  beyond,   // from 30 s ahead on: peers only, rarest first
  prefetch, // head and tail of the next track
  copy,     // no deadline
};

struct Want {
  Rank rank;
  PieceIndex begin, end;
  Urgency urgency = Urgency::playing;
  bool starved = false; // a reader waits for its first byte, or will at once
  // Deadline of a byte of release space: due + (byte - from) / pace, never before `due`.
  Time due{0};
  std::uint64_t from = 0;
  double pace = 0; // bytes per second; 0: all is due at `due`
  // The server may be asked for what is due within this of now.
  Duration server_window = Duration::max();
  // It is asked only if something up to this byte of release space is missing (hysteresis).
  std::uint64_t server_from = UINT64_MAX;

  [[nodiscard]] Time deadline(std::uint64_t release_byte) const;
};

// What of the surroundings decides the windows.
struct Company {
  bool peers = false;   // some are linked
  bool looking = false; // none are, but they are being looked for, and not for long
};

// Adds the reader's wants, unsorted.
void add_wants(std::vector<Want>& wants, const ScheduledReader& reader, const Pieces& pieces,
               const Company& company, Time now);
void sort_wants(std::vector<Want>& wants);

} // namespace triad
