// SPDX-License-Identifier: LGPL-2.1-or-later
// A peer's network address, as limits and STUN see it.
#pragma once

#include <array>
#include <cstdint>

namespace triad::tracker {

struct Address {
  bool ipv6 = false;
  std::array<std::uint8_t, 16> bytes{}; // network order; IPv4: the first four, the rest zeros
  friend bool operator==(const Address&, const Address&) = default;
};

// An IPv4 address that came as IPv6 (::ffff:192.0.2.1, RFC 4291 section 2.5.5.2) as what it is.
[[nodiscard]] Address unmapped(const Address& address);

// Whose limits an address falls under: itself, or its /64 where it is IPv6 (a household's share,
// RFC 6177).
[[nodiscard]] Address whole_site(const Address& address);

} // namespace triad::tracker
