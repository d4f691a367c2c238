// SPDX-License-Identifier: LGPL-2.1-or-later
// An SCTP packet's checksum and framing, which usrsctp leaves to us: its own CRC32C is a table, and
// with its offload on it verifies nothing. RFC 9260, sections 3, 6.8 and appendix A. Pure; any
// thread.
#pragma once

#include "release/hashes.h"
#include "release/result.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace triad {

inline constexpr std::size_t sctp_header_size = 12;

// With the processor's instruction where it has one (SSE4.2, ARMv8 CRC), else by table. The first
// gives CRC32C of `bytes`; the second is the table alone, for tests.
[[nodiscard]] std::uint32_t crc32c(Bytes bytes);
[[nodiscard]] std::uint32_t crc32c_by_table(Bytes bytes);

// Writes the checksum of a packet, whatever stands in its field; for usrsctp's output hook.
// `packet` has at least sctp_header_size bytes.
void set_sctp_checksum(std::span<std::byte> packet);

// Whether a packet may go into usrsctp_conninput(): ports, the checksum, and at least one chunk,
// the chunks filling the packet. Errors: bad_message.
[[nodiscard]] Status check_sctp_packet(Bytes packet);

} // namespace triad
