// SPDX-License-Identifier: LGPL-2.1-or-later
// Why a tracker turns somebody away, counted by reason.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace triad::tracker {

enum class Refusal : std::uint8_t {
  connections,         // the tracker has as many as it may
  address_connections, // the address has as many as it may
  address_messages,    // the address sends more than it may
  address_swarms,      // the address is in as many swarms as it may be
  token_missing,
  token_wrong, // malformed, or signed with no secret of ours
  token_expired,
  token_release, // it is for another release
  release,       // not on the allow list
  message_bytes, // a message longer than it may be
  queued_bytes,  // a reader too slow for what it is sent
};
inline constexpr std::size_t refusal_kinds = 11;

// A sentence for the "failure reason", or an HTTP body. Lives on.
[[nodiscard]] const char* reason_of(Refusal refusal);
// Its label in metrics: "address_connections".
[[nodiscard]] const char* name_of(Refusal refusal);

// How often, by Refusal.
class RefusalCounts {
public:
  void add(Refusal refusal) { ++counts_[static_cast<std::size_t>(refusal)]; }
  [[nodiscard]] std::uint64_t of(Refusal refusal) const {
    return counts_[static_cast<std::size_t>(refusal)];
  }

private:
  std::array<std::uint64_t, refusal_kinds> counts_{};
};

} // namespace triad::tracker
