// SPDX-License-Identifier: LGPL-2.1-or-later
// Values of settings: what is accepted means the same when it is written again, and no more is
// accepted than is said.
#include "node/settings.h"
#include "fuzz/require.h"

#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace triad;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto sources = parse_sources(text)) {
    FUZZ_REQUIRE(*sources != Sources::none);
    std::string again = uses(*sources, Sources::cache) ? "cache" : "";
    if (uses(*sources, Sources::server))
      again += again.empty() ? "server" : ",server";
    const auto same = parse_sources(again);
    FUZZ_REQUIRE(same && *same == *sources);
  } else {
    FUZZ_REQUIRE(!sources.error().message.empty());
  }
  if (const auto bytes = parse_byte_size(text)) {
    FUZZ_REQUIRE(!text.empty() && text.front() >= '0' && text.front() <= '9');
    const auto same = parse_byte_size(std::to_string(*bytes));
    FUZZ_REQUIRE(same && *same == *bytes);
  } else {
    FUZZ_REQUIRE(!bytes.error().message.empty());
  }
  return 0;
}
