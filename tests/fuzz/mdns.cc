// SPDX-License-Identifier: LGPL-2.1-or-later
// Any multicast DNS packet, for a name that the corpus has: addresses that a host can have, and
// none for a name that the packet can't hold.
#include "peers/link/mdns.h"

#include "fuzz/require.h"

#include <arpa/inet.h>

#include <array>
#include <span>
#include <string>

using namespace triad;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes packet = std::as_bytes(std::span(data, size));
  const auto addresses = parse_mdns_response(packet, "0b7a1e9e.local");
  if (addresses) {
    FUZZ_REQUIRE(addresses->size() <= 16);
    for (const std::string& address : *addresses) {
      std::array<std::byte, 16> ip{};
      FUZZ_REQUIRE(inet_pton(AF_INET, address.c_str(), ip.data()) == 1 ||
                   inet_pton(AF_INET6, address.c_str(), ip.data()) == 1);
      FUZZ_REQUIRE(ip[0] != std::byte{0} && ip[0] != std::byte{255});
    }
  } else {
    FUZZ_REQUIRE(addresses.error().code == ErrorCode::bad_message);
  }
  // Whether a packet is well formed does not depend on who asks, and no label has 64 bytes.
  const auto other = parse_mdns_response(packet, std::string(64, 'a'));
  FUZZ_REQUIRE(static_cast<bool>(other) == static_cast<bool>(addresses));
  FUZZ_REQUIRE(!other || other->empty());
  // A query is none of the answers, whatever its name.
  const std::string name(reinterpret_cast<const char*>(data), size);
  const auto query = write_mdns_query(7, name);
  FUZZ_REQUIRE(query.empty() ||
               (query.size() == 12 + 2 * (name.size() + 6) && !parse_mdns_response(query, name)));
  return 0;
}
