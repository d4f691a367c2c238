// SPDX-License-Identifier: LGPL-2.1-or-later
// Any candidate: what is accepted is usable, and returns when it is written again.
#include "peers/link/candidate.h"

#include "fuzz/require.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>

using namespace triad;

namespace {

bool is_ip(const std::string& text) {
  std::array<std::byte, 16> ip;
  return inet_pton(AF_INET, text.c_str(), ip.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), ip.data()) == 1;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto candidate = parse_candidate({reinterpret_cast<const char*>(data), size});
  if (!candidate) {
    FUZZ_REQUIRE(candidate.error().code == ErrorCode::bad_message);
    return 0;
  }
  if (!*candidate)
    return 0;
  FUZZ_REQUIRE((*candidate)->mdns() != is_ip((*candidate)->address));
  FUZZ_REQUIRE((*candidate)->related_address.empty() || is_ip((*candidate)->related_address));
  FUZZ_REQUIRE((*candidate)->port != 0);
  const std::string line = write_candidate(**candidate);
  FUZZ_REQUIRE(std::none_of(line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }));
  const auto again = parse_candidate(line);
  FUZZ_REQUIRE(again && *again == *candidate);
  return 0;
}
