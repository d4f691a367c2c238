// SPDX-License-Identifier: LGPL-2.1-or-later
// A STUN URL as a tracker sends it: what is understood means the same when it is written again.
#include "peers/company/stun_urls.h"

#include "fuzz/require.h"

#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace triad;
  const std::string_view url(reinterpret_cast<const char*>(data), size);
  const auto server = company::parse_stun_url(url);
  if (!server)
    return 0;
  FUZZ_REQUIRE(url.starts_with("stun:"));
  FUZZ_REQUIRE(server->port != 0 && !server->host.empty() && server->host.size() <= 253);
  // It goes to a resolver as a C string, and into nothing that has lines.
  for (const char c : server->host)
    FUZZ_REQUIRE(c > ' ' && c < 0x7f);
  const bool six = server->host.find(':') != std::string::npos;
  const std::string host = six ? "[" + server->host + "]" : server->host;
  const auto again = company::parse_stun_url("stun:" + host + ":" + std::to_string(server->port));
  FUZZ_REQUIRE(again && *again == *server);
  return 0;
}
