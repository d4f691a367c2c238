// SPDX-License-Identifier: LGPL-2.1-or-later
// Announce URLs, and what a tracker says relative to its own. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace triad::trackers {

struct TrackerUrl {
  bool tls = false;
  std::string host;       // lower case; a name or an address, IPv6 without brackets
  std::uint16_t port = 0; // 80 and 443 where none is said
  std::string target;     // path and query, from '/' on: may hold a token, so never into a log

  // As the Host header has it: IPv6 in brackets, no default port (RFC 6455, section 4.1).
  [[nodiscard]] std::string authority() const;
  // For logs: scheme, host and port.
  [[nodiscard]] std::string origin() const;
};

// An absolute ws:// or wss:// URL of at most 2,048 bytes, without user info and fragment (RFC 6455,
// section 3). Empty for anything else.
[[nodiscard]] std::optional<TrackerUrl> parse_tracker_url(std::string_view url);

// STUN URLs as a tracker names them (docs/tracker.md), to "stun:HOST:PORT": a missing HOST is the
// announce URL's, a missing PORT is 3478 (RFC 7064). What is no such URL is left out.
[[nodiscard]] std::vector<std::string> resolve_stun(const std::vector<std::string>& urls,
                                                    const TrackerUrl& tracker);

} // namespace triad::trackers
