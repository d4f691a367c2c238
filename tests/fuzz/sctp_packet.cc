// SPDX-License-Identifier: LGPL-2.1-or-later
// Any datagram in the SCTP input hook: the checksum alone decides what its framing lets through.
#include "peers/link/sctp_packet.h"

#include "fuzz/require.h"

#include <span>
#include <vector>

using namespace triad;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  FUZZ_REQUIRE(crc32c(bytes) == crc32c_by_table(bytes));
  std::vector<std::byte> packet(bytes.begin(), bytes.end());
  const bool accepted = static_cast<bool>(check_sctp_packet(packet));
  if (packet.size() < sctp_header_size) {
    FUZZ_REQUIRE(!accepted);
    return 0;
  }
  // A right checksum, so that inputs reach the framing.
  set_sctp_checksum(packet);
  const bool framed = static_cast<bool>(check_sctp_packet(packet));
  FUZZ_REQUIRE(framed || !accepted);
  FUZZ_REQUIRE(accepted ==
               (framed && std::vector<std::byte>(bytes.begin(), bytes.end()) == packet));
  if (!framed)
    return 0;
  // The chunks that a reader would walk through lie within the packet.
  for (std::size_t at = sctp_header_size; at < packet.size();) {
    FUZZ_REQUIRE(packet.size() - at >= 4);
    const std::size_t length = std::to_integer<std::size_t>(packet[at + 2]) << 8 |
                               std::to_integer<std::size_t>(packet[at + 3]);
    FUZZ_REQUIRE(length >= 4 && length <= packet.size() - at);
    at += (length + 3) / 4 * 4;
  }
  for (const std::size_t i : {std::size_t{4}, packet.size() - 1}) {
    packet[i] ^= std::byte{1};
    FUZZ_REQUIRE(!check_sctp_packet(packet));
    packet[i] ^= std::byte{1};
  }
  return 0;
}
