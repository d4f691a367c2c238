// SPDX-License-Identifier: LGPL-2.1-or-later
// Any answer of a tracker to the request for a WebSocket.
#include "peers/company/websocket_upgrade.h"

#include "fuzz/require.h"

#include <string>
#include <string_view>

using namespace triad;
using namespace triad::trackers;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
  static const std::string accept = upgrade_accept(key);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto read = read_upgrade(bytes, key);
  if (!read) {
    FUZZ_REQUIRE(read.error().code == ErrorCode::bad_message);
    FUZZ_REQUIRE(!read.error().message.empty() && read.error().message.size() < 128);
    return 0;
  }
  if (!*read) {
    FUZZ_REQUIRE(size < max_upgrade_bytes); // no more than that is ever waited for
    return 0;
  }
  const std::size_t end = **read;
  FUZZ_REQUIRE(end <= size && end <= max_upgrade_bytes);
  FUZZ_REQUIRE(bytes.substr(0, 12) == "HTTP/1.1 101");
  FUZZ_REQUIRE(bytes.substr(0, end).ends_with("\r\n\r\n"));
  FUZZ_REQUIRE(bytes.substr(0, end).find(accept) != bytes.npos);
  // What follows does not matter, and nothing less is enough.
  const auto exact = read_upgrade(bytes.substr(0, end), key);
  FUZZ_REQUIRE(exact && *exact == end);
  const auto less = read_upgrade(bytes.substr(0, end - 1), key);
  FUZZ_REQUIRE(less && !*less);
  return 0;
}
