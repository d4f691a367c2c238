// SPDX-License-Identifier: LGPL-2.1-or-later
// Any bytes as a frame from another tracker: what is accepted is whole, and leads back to itself.
#include "tracker/store/envelope.h"

#include "fuzz/require.h"

#include <cstdint>

using namespace triad::tracker::redis;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto envelope = parse_envelope(bytes)) {
    FUZZ_REQUIRE(!envelope->frame.empty() && envelope->frame.size() <= max_envelope_frame);
    FUZZ_REQUIRE(envelope->frame.data() + envelope->frame.size() == bytes.data() + bytes.size());
    FUZZ_REQUIRE(write_envelope(*envelope) == bytes);
  }
  // As a frame it arrives as it is.
  if (size > 0 && size <= max_envelope_frame) {
    const std::string sent = write_envelope({size, {}, {}, {}, bytes});
    const auto arrived = parse_envelope(sent);
    FUZZ_REQUIRE(arrived && arrived->frame == bytes && arrived->home == size);
  }
  return 0;
}
