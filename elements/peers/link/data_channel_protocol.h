// SPDX-License-Identifier: LGPL-2.1-or-later
// DCEP: how a data channel is opened in band. RFC 8832, section 5. Pure; any thread.
#pragma once

#include "release/hashes.h"
#include "release/result.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace triad {

// SCTP payload protocol identifiers: RFC 8831, section 8.
inline constexpr std::uint32_t ppid_dcep = 50, ppid_string = 51, ppid_binary = 53,
                               ppid_string_empty = 56, ppid_binary_empty = 57;

struct ChannelOpen {
  bool ordered = true;
  bool reliable = true; // false: limited retransmissions or lifetime; not taken
  std::string label;    // UTF-8, at most max_channel_label bytes
  std::string protocol; // the same
  bool operator==(const ChannelOpen&) const = default;
};
struct ChannelAck {};
using ChannelMessage = std::variant<ChannelOpen, ChannelAck>;
inline constexpr std::size_t max_channel_label = 256;

// Label and protocol within max_channel_label.
[[nodiscard]] std::vector<std::byte> write_channel_open(const ChannelOpen& open);
[[nodiscard]] std::vector<std::byte> write_channel_ack();
// Errors: bad_message.
[[nodiscard]] Result<ChannelMessage> parse_channel_message(Bytes bytes);

} // namespace triad
