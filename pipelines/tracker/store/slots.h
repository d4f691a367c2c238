// SPDX-License-Identifier: LGPL-2.1-or-later
// Which node of a Redis Cluster has which key (redis.io: Redis cluster specification).
#pragma once

#include "release/result.h"
#include "tracker/store/redis_url.h"
#include "tracker/store/resp.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace triad::tracker::redis {

using Slot = std::uint16_t; // 0..16383
constexpr std::size_t slot_count = 16384;

// CRC16 (XMODEM) of the key, or of what stands in its first braces if they are not empty.
[[nodiscard]] Slot key_slot(std::string_view key);

class SlotMap {
public:
  SlotMap() { owners_.fill(nobody); }
  void assign(Slot first, Slot last, const Address& master);
  // Null: nobody has it, as far as is known. Lives until the next assign().
  [[nodiscard]] const Address* master(Slot slot) const;
  [[nodiscard]] std::vector<Address> masters() const; // that have a slot
  [[nodiscard]] bool complete() const;                // every slot has a master

private:
  static constexpr std::uint16_t nobody = 0xffff;
  std::vector<Address> nodes_;
  std::array<std::uint16_t, slot_count> owners_;
};

struct Topology {
  SlotMap slots;
  std::vector<Address> nodes; // replicas, too: whom to ask when masters are gone
};

// Reads the answer to CLUSTER SLOTS; `asked` stands for a node whose address the answer leaves out.
// Errors: read (it is not such an answer).
[[nodiscard]] Result<Topology> read_topology(const Reply& reply, const Address& asked);

// "MOVED slot host:port" or "ASK slot host:port".
struct Redirection {
  bool ask = false; // for this command only
  Slot slot = 0;
  Address to;
};
[[nodiscard]] std::optional<Redirection> parse_redirection(std::string_view error,
                                                           const Address& asked);

} // namespace triad::tracker::redis
