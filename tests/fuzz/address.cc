// SPDX-License-Identifier: LGPL-2.1-or-later
// The judgement of addresses, as text, as a host and as socket addresses, which must agree.
#include "server/address.h"
#include "fuzz/require.h"
#include "server/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstdint>
#include <cstring>
#include <string>

using namespace triad;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (is_private_address(text))
    FUZZ_REQUIRE(is_private_host(text));
  const UrlOrigin origin{"http", text, 80};
  const std::string proxy = system_proxy(origin, [&](const char*) { return text; });
  FUZZ_REQUIRE(proxy.empty() || proxy == text);

  if (size >= 4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, data, 4);
    char name[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &v4.sin_addr, name, sizeof name);
    const bool judged = is_private_address(reinterpret_cast<const sockaddr&>(v4));
    FUZZ_REQUIRE(is_private_address(name) == judged);
    FUZZ_REQUIRE(is_private_address(std::string("::ffff:") + name) == judged);
  }
  if (size >= 16) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, data, 16);
    char name[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, &v6.sin6_addr, name, sizeof name);
    FUZZ_REQUIRE(is_private_address(name) ==
                 is_private_address(reinterpret_cast<const sockaddr&>(v6)));
  }
  return 0;
}
