// SPDX-License-Identifier: LGPL-2.1-or-later
// STUN: an answer is whole, tells the source's address, and is worth no more than its request.
#include "tracker/server/stun.h"

#include "require.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using triad::tracker::Address;
using triad::tracker::answer_stun;
using triad::tracker::max_stun_response;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes answer(const Bytes& datagram, const Address& source, std::uint16_t port) {
  std::array<std::uint8_t, max_stun_response> response{};
  const std::size_t size = answer_stun(datagram, source, port, response);
  FUZZ_REQUIRE(size <= response.size());
  return {response.begin(), response.begin() + static_cast<std::ptrdiff_t>(size)};
}

// The address in an answer without 420, as its reader decodes it.
void require_address(const Bytes& response, const Address& source, std::uint16_t port) {
  const bool mixed = response[21] == 0x20;
  const auto at = [&](std::size_t i, std::size_t key) {
    return static_cast<std::uint8_t>(response[i] ^ (mixed ? response[key] : 0));
  };
  FUZZ_REQUIRE(response[25] == (source.ipv6 ? 2 : 1));
  FUZZ_REQUIRE((at(26, 4) << 8 | at(27, 5)) == port);
  for (std::size_t i = 0; i < (source.ipv6 ? 16U : 4U); ++i) {
    FUZZ_REQUIRE(at(28 + i, 4 + i) == source.bytes[i]);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes datagram(data, data + size);
  const Address ipv4{false, {192, 0, 2, 1}};
  const Address ipv6{true, {0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
  for (const Address& source : {ipv4, ipv6}) {
    const std::uint16_t port = 32853;
    const Bytes response = answer(datagram, source, port);
    if (response.empty()) {
      continue;
    }
    FUZZ_REQUIRE(response.size() >= 28 && response.size() <= size + 24);
    FUZZ_REQUIRE((response[2] << 8 | response[3]) == static_cast<int>(response.size()) - 20);
    FUZZ_REQUIRE(std::equal(response.begin() + 4, response.begin() + 20, datagram.begin() + 4));
    FUZZ_REQUIRE(response[0] == 1 && (response[1] == 1 || response[1] == 0x11));
    if (response[1] == 1) {
      require_address(response, source, port);
    }
    FUZZ_REQUIRE(answer(response, source, port).empty()); // two servers don't talk for ever
  }
  return 0;
}
