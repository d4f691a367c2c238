// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading STUN URLs.
#include "peers/company/stun_urls.h"

#include <glib.h>

#include <algorithm>
#include <charconv>

namespace triad::company {

namespace {

// A name or an IPv4 address; in brackets an IPv6 one.
bool is_host(std::string_view host, bool bracketed) {
  return !host.empty() && host.size() <= 253 &&
         bracketed == (host.find(':') != std::string_view::npos) &&
         std::ranges::all_of(host, [&](char c) {
           return bracketed ? g_ascii_isxdigit(c) || c == ':' || c == '.'
                            : g_ascii_isalnum(c) || c == '-' || c == '.' || c == '_';
         });
}

} // namespace

std::optional<StunServer> parse_stun_url(std::string_view url) {
  constexpr std::string_view scheme = "stun:";
  const auto colon = url.rfind(':');
  if (!url.starts_with(scheme) || colon < scheme.size())
    return {};
  auto host = url.substr(scheme.size(), colon - scheme.size());
  const bool bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
  if (bracketed)
    host = host.substr(1, host.size() - 2);
  const auto port = url.substr(colon + 1);
  StunServer server;
  const auto* end = port.data() + port.size();
  const auto [at, error] = std::from_chars(port.data(), end, server.port);
  if (!is_host(host, bracketed) || error != std::errc() || at != end || server.port == 0)
    return {};
  server.host = host;
  return server;
}

} // namespace triad::company
