// SPDX-License-Identifier: LGPL-2.1-or-later
// WebSocket frames: what is taken lies within its bytes and is unmasked right, and how the bytes
// were cut changes nothing.
#include "tracker/server/websocket_frames.h"

#include "require.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace triad::tracker;
  constexpr std::size_t most = 1000;
  const std::string original(reinterpret_cast<const char*>(data), size);
  std::string bytes = original;
  const auto read = read_frame(bytes, most);
  if (const auto* frame = std::get_if<Frame>(&read)) {
    FUZZ_REQUIRE(frame->size <= size);
    FUZZ_REQUIRE(frame->payload.size() <= most);
    FUZZ_REQUIRE(frame->payload.data() + frame->payload.size() == bytes.data() + frame->size);
    const std::size_t header = frame->size - frame->payload.size();
    for (std::size_t i = 0; i < frame->payload.size(); ++i) {
      FUZZ_REQUIRE((frame->payload[i] ^ original[header - 4 + i % 4]) == original[header + i]);
    }
    for (const std::size_t shorter : {frame->size - 1, header - 1, std::size_t{1}}) {
      std::string part = original.substr(0, shorter);
      FUZZ_REQUIRE(std::holds_alternative<FrameIncomplete>(read_frame(part, most)));
    }
  } else {
    FUZZ_REQUIRE(bytes == original);
  }
  if (std::holds_alternative<FrameIncomplete>(read)) {
    FUZZ_REQUIRE(size < most + 14);
  }
  return 0;
}
