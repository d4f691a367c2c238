// SPDX-License-Identifier: LGPL-2.1-or-later
// Values of settings: what is accepted means the same when it is written again, and no more is
// accepted than is said.
#include "node/settings.h"
#include "fuzz/require.h"
#include "node/ice_servers.h"

#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace triad;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto sources = parse_sources(text)) {
    FUZZ_REQUIRE(*sources != Sources::none);
    std::string again = uses(*sources, Sources::cache) ? "cache" : "";
    if (uses(*sources, Sources::peers))
      again += again.empty() ? "peers" : ",peers";
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
  if (const auto server = parse_stun_server(text)) {
    FUZZ_REQUIRE(!server->host.empty() && server->port != 0);
    const bool six = server->host.find(':') != std::string::npos;
    const std::string host = six ? "[" + server->host + "]" : server->host;
    const auto same = parse_stun_server("stun://" + host + ":" + std::to_string(server->port));
    FUZZ_REQUIRE(same && *same == *server);
  } else {
    FUZZ_REQUIRE(!server.error().message.empty());
  }
  if (const auto server = parse_turn_server(text))
    FUZZ_REQUIRE(!server->host.empty() && server->port != 0 && !server->user.empty());
  else
    FUZZ_REQUIRE(!server.error().message.empty());
  // Each setting either refuses a text with a reason, or it means something.
  for (const PeerSetting& setting : peer_settings()) {
    NodeOptions options;
    const auto parsed = setting.parse(text, options);
    FUZZ_REQUIRE(parsed ? setting.said(options) : !parsed.error().message.empty());
    if (const auto applied = apply({}, options); !applied)
      FUZZ_REQUIRE(!applied.error().message.empty());
    else
      for (const std::string& tracker : applied->trackers)
        FUZZ_REQUIRE(is_peer_tracker(tracker));
  }
  return 0;
}
