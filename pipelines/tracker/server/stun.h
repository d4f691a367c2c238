// SPDX-License-Identifier: LGPL-2.1-or-later
// STUN Binding requests (RFC 8489): a listener behind a NAT asks which address it is seen at. Pure.
//
// Stateless and without credentials (RFC 8489 section 12). Who speaks RFC 3489 (no magic cookie) is
// answered with MAPPED-ADDRESS; indications, responses and what is no STUN get no answer, so that
// nobody is talked into answering himself. The source of a request may be forged: its answer is at
// most 24 bytes longer.
#pragma once

#include "tracker/access/address.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace triad::tracker {

inline constexpr std::size_t max_stun_response = 56; // bytes

// `source`: where `datagram` came from. Writes the answer into `response`, which has room for
// max_stun_response, and returns its length; 0: there is none to send.
[[nodiscard]] std::size_t answer_stun(std::span<const std::uint8_t> datagram, const Address& source,
                                      std::uint16_t source_port,
                                      std::span<std::uint8_t, max_stun_response> response);

} // namespace triad::tracker
