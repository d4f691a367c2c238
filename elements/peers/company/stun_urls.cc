// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading STUN URLs.
#include "peers/company/stun_urls.h"

#include <charconv>

namespace triad::company {

std::optional<StunServer> parse_stun_url(std::string_view url) {
  constexpr std::string_view scheme = "stun:";
  const auto colon = url.rfind(':');
  if (!url.starts_with(scheme) || colon < scheme.size())
    return {};
  auto host = url.substr(scheme.size(), colon - scheme.size());
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  const auto port = url.substr(colon + 1);
  StunServer server;
  const auto* end = port.data() + port.size();
  const auto [at, error] = std::from_chars(port.data(), end, server.port);
  if (host.empty() || host.size() > 253 || error != std::errc() || at != end || server.port == 0)
    return {};
  server.host = host;
  return server;
}

} // namespace triad::company
