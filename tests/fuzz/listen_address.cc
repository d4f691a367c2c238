// SPDX-License-Identifier: LGPL-2.1-or-later
// ADDR:PORT: what is understood can be written so that it is understood the same.
#include "command_line/listen_address.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace triad::tool;
  const auto address = parse_listen_address({reinterpret_cast<const char*>(data), size});
  if (address && address->port != 80) {
    const auto again = parse_listen_address(http_origin(*address).substr(7));
    if (!again || again->host != address->host || again->port != address->port ||
        again->ipv6 != address->ipv6) {
      std::abort();
    }
  }
  return 0;
}
