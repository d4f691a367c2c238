// SPDX-License-Identifier: LGPL-2.1-or-later
// At which other tracker they are whose offers were delivered here, so that answers find back.
#pragma once

#include "tracker/swarms/elsewhere.h"
#include "tracker/swarms/index_table.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace triad::tracker {

// Bounded: the oldest goes first.
class Homes {
public:
  // `key`: the keyed hash of swarm, offerer and receiver. `now`: seconds, never less than before.
  void add(std::uint64_t key, TrackerId home, std::uint32_t now);
  [[nodiscard]] std::optional<TrackerId> find(std::uint64_t key) const;
  void expire(std::uint32_t now);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  // Clients give up an offer after 50 s (bittorrent-tracker) at the latest.
  static constexpr std::uint32_t lifetime = 60; // seconds
  static constexpr std::size_t most = 1 << 18;

private:
  struct Entry {
    std::uint64_t key;
    TrackerId home;
    std::uint32_t since;
    bool known; // by the table: not replaced by a newer one
  };

  [[nodiscard]] Index find_number(std::uint64_t key) const;
  [[nodiscard]] const Entry& entry(Index number) const;
  void drop_oldest();

  // Entries are numbered one after another, modulo 2^31; the table knows numbers.
  std::deque<Entry> entries_;
  Index first_ = 0;
  IndexTable table_;
};

} // namespace triad::tracker
