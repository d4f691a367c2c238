// SPDX-License-Identifier: LGPL-2.1-or-later
// The tracker's settings file: what is read is within its ranges; what is not says why.
#include "tracker/server/load_settings.h"

#include "require.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace triad::tracker;
  Settings settings;
  const auto read = read_settings_file({reinterpret_cast<const char*>(data), size}, settings);
  FUZZ_REQUIRE(settings.swarms.peer_share <= 100);
  FUZZ_REQUIRE(settings.swarms.interval.count() >= 5 && settings.swarms.interval.count() <= 3600);
  FUZZ_REQUIRE(settings.limits.messages_per_second >= 1);
  FUZZ_REQUIRE(settings.limits.message_bytes >= 1024);
  for (const auto& [release, share] : settings.swarms.peer_shares) {
    FUZZ_REQUIRE(share <= 100);
  }
  if (!read) {
    FUZZ_REQUIRE(!read.error().message.empty());
  }
  return 0;
}
