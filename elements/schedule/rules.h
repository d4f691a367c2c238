// SPDX-License-Identifier: LGPL-2.1-or-later
// The numbers of the schedule's rules; docs/scheduler.md says why each is what it is.
#pragma once

#include "release/units.h"

#include <chrono>
#include <cstdint>

namespace triad::rules {

using namespace std::chrono_literals;
using Duration = std::chrono::nanoseconds;

inline constexpr std::uint64_t KiB = 1024, MiB = 1024 * KiB;

// The head and the tail of a track.
inline constexpr Duration head_time = 5s;
inline constexpr std::uint64_t head_min = 64 * KiB;
inline constexpr std::uint64_t tail_size = 128 * KiB;

// The server's windows ahead of the playhead (rule 3).
inline constexpr Duration looking_window = 5s;
inline constexpr Duration looking_limit = 10s;
inline constexpr Duration slow_window = 15s;
inline constexpr Duration alone_window = 60s;
// A window is topped up in steps of this part of it.
inline constexpr int window_steps = 4;

inline constexpr Duration urgent = 3s;        // less than this ahead of the playhead
inline constexpr Duration margin = 500ms;     // a delivery should end this long before its deadline
inline constexpr Duration in_order = 30s;     // peers: beyond it rarest first (rule 4)
inline constexpr std::size_t rarest_of = 128; // missing pieces looked at beyond it

// What a read that waits is asked for first, in small parts.
inline constexpr std::uint64_t starved_part = 64 * KiB;
// Before running time first moved, as much is fetched ahead of a starved read as was read already;
// at most this.
inline constexpr std::uint64_t starved_ahead = 8 * MiB;
// Where peers may come, it is also no more than the head, doubled each time that this has passed.
inline constexpr Duration starved_doubling = 250ms;
inline constexpr int starved_doublings = 20;
// Later: at this many times the byte rate.
inline constexpr double starved_pace = 2.0;
inline constexpr Duration starved_tick = 250ms;

// Rule 2: what one supplier may hold.
inline constexpr Duration queue_max = 2s;
inline constexpr std::uint64_t queue_min = 32 * KiB;
inline constexpr std::uint64_t request_max = 1 * MiB;
inline constexpr std::uint64_t request_floor = 128 * KiB;
inline constexpr std::size_t server_requests = 6;
// A server is asked for more when the rest of its queue is due within twice its delay and this.
inline constexpr Duration server_slack = 100ms;
// A request that no one wants any more is let run out where that takes no longer than this.
inline constexpr Duration run_out = 250ms;

// Before anything is measured.
inline constexpr double server_rate = 256e3, peer_rate = 64e3; // bytes per second
inline constexpr Duration first_delay = 100ms;

// Rule 5.
inline constexpr double late_deviations = 4;
inline constexpr Duration late_horizon = 5s;   // deadlines looked at
inline constexpr std::size_t late_pieces = 64; // and pieces, of each want
inline constexpr Duration silence = 250ms;     // beyond oddly late: moved, even where not doubled
// Who owes and has sent nothing for so long beyond what was expected may be gone.
inline constexpr Duration quiet = 1s;
inline constexpr double waste_limit = 0.02;
inline constexpr int waste_seconds = 60;

// Rule 7.
inline constexpr Duration prefetch_lead = 15s;
inline constexpr Duration prefetch_server = 10s;

} // namespace triad::rules
