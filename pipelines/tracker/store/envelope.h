// SPDX-License-Identifier: LGPL-2.1-or-later
// A frame on its way between two trackers, through a channel of Redis.
#pragma once

#include "peers/signal/ids.h"
#include "tracker/swarms/elsewhere.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace triad::tracker::redis {

struct Envelope {
  TrackerId home = 0; // the sender's tracker: where an answer goes
  signal::InfoHash swarm;
  signal::PeerId to;
  signal::PeerId from;
  std::string_view frame; // 1..max_envelope_frame bytes
};

// Longer frames are not delivered: an SDP of 16 KiB, escaped, is within it.
constexpr std::size_t max_envelope_frame = 128 * 1024;

// One byte that says the version, 8 of the tracker (big endian), 3 ids of 20, and the frame.
[[nodiscard]] std::string write_envelope(const Envelope& envelope);
// nullopt: it is none of ours. The frame points into `bytes`.
[[nodiscard]] std::optional<Envelope> parse_envelope(std::string_view bytes);

} // namespace triad::tracker::redis
