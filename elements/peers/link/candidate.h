// SPDX-License-Identifier: LGPL-2.1-or-later
// ICE candidates as lines of text: RFC 8839, section 5.1. Pure; any thread.
#pragma once

#include "release/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace triad {

enum class CandidateType { host, server_reflexive, peer_reflexive, relayed };

struct IceCandidate {
  std::string foundation; // 1 to 32 ice-chars
  std::uint32_t priority = 0;
  std::string address; // IPv4, IPv6 (no zone), or a name that ends in ".local"
  std::uint16_t port = 0;
  CandidateType type = CandidateType::host;
  std::string related_address; // may be empty
  std::uint16_t related_port = 0;

  bool operator==(const IceCandidate&) const = default;
  [[nodiscard]] bool mdns() const; // the address is a ".local" name (RFC 8828, mDNS candidates)
};

// With or without "a=". Nothing (no error) for what is well formed and not for us: another
// component than 1, TCP, other host names than ".local" ones, unknown types. Errors: bad_message.
[[nodiscard]] Result<std::optional<IceCandidate>> parse_candidate(std::string_view line);
// "candidate:..." without "a=".
[[nodiscard]] std::string write_candidate(const IceCandidate& candidate);

} // namespace triad
