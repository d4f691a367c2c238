// SPDX-License-Identifier: LGPL-2.1-or-later
// How swarms lie in Redis: the commands that change and read one, and what their answers mean.
#pragma once

#include "tracker/store/resp.h"
#include "tracker/store/slots.h"
#include "tracker/swarms/elsewhere.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace triad::tracker::redis {

// Of one swarm: two sorted sets (member: peer id and tracker id, score: when it is forgotten, in
// milliseconds since 1970 by Redis's clock) and a counter. The info hash in braces keeps them in
// one slot.
struct SwarmKeys {
  explicit SwarmKeys(const signal::InfoHash& swarm);
  std::string seeders, leechers, downloaded;
  Slot slot;
};

enum class Side : std::uint8_t { gone, seeder, leecher };

struct Change {
  signal::PeerId peer;
  Side side = Side::gone;
  std::chrono::seconds lifetime{0};
};

// The commands that bring `changes` of `self`'s peers to Redis, encoded; of several changes of one
// peer the last holds.
[[nodiscard]] std::vector<std::string> change_commands(const SwarmKeys& keys,
                                                       std::vector<Change> changes, TrackerId self,
                                                       std::chrono::milliseconds now);

[[nodiscard]] std::vector<std::string> completed_commands(const SwarmKeys& keys,
                                                          std::uint32_t downloads);

// Forgets who is over time, and asks for numbers and a sample. The answers of these commands, in
// order, are read by read_view().
constexpr std::size_t look_size = 7;
[[nodiscard]] std::array<std::string, look_size> look_commands(const SwarmKeys& keys,
                                                               std::chrono::milliseconds now);

// nullopt: one of them is an error, or not such an answer. Peers of `self` are left out.
[[nodiscard]] std::optional<RemoteView> read_view(std::span<const Reply> replies, TrackerId self,
                                                  std::uint32_t own_seeders,
                                                  std::uint32_t own_leechers);

} // namespace triad::tracker::redis
