// SPDX-License-Identifier: LGPL-2.1-or-later
// Any message about a data channel: what is accepted returns when it is written again.
#include "peers/link/data_channel_protocol.h"

#include "fuzz/require.h"

#include <algorithm>
#include <span>

using namespace triad;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  const auto message = parse_channel_message(bytes);
  if (!message) {
    FUZZ_REQUIRE(message.error().code == ErrorCode::bad_message);
    return 0;
  }
  const auto* const open = std::get_if<ChannelOpen>(&*message);
  if (open == nullptr) {
    FUZZ_REQUIRE(std::ranges::equal(bytes, write_channel_ack()));
    return 0;
  }
  FUZZ_REQUIRE(open->label.size() <= max_channel_label);
  FUZZ_REQUIRE(open->protocol.size() <= max_channel_label);
  const auto again = parse_channel_message(write_channel_open(*open));
  FUZZ_REQUIRE(again && std::get<ChannelOpen>(*again) == *open);
  return 0;
}
