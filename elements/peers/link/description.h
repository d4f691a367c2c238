// SPDX-License-Identifier: LGPL-2.1-or-later
// SDP offers and answers for data channels, as browsers write and read them: RFC 8866, 8829 (JSEP),
// 8839 (ICE), 8841 (SCTP over DTLS), 8842. Pure; any thread.
#pragma once

#include "release/hashes.h"
#include "release/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace triad {

// Limits on what a stranger's description may hold.
inline constexpr std::size_t max_description = 16 * 1024; // bytes
inline constexpr std::size_t max_candidates = 20;         // further ones are dropped

enum class DtlsSetup { actpass, active, passive }; // RFC 8842: who begins the DTLS handshake

struct SessionDescription {
  std::string ice_ufrag; // 4 to 256 characters of ice-char (RFC 8839, 5.4)
  std::string ice_pwd;   // 22 to 256
  Sha256 fingerprint{};  // of the certificate (RFC 8122); only sha-256 is understood
  DtlsSetup setup = DtlsSetup::actpass;
  std::uint16_t sctp_port = 5000;
  std::uint32_t max_message_size = 65536; // bytes; RFC 8841, 6; without a limit: the largest number
  std::string mid = "0"; // of the data section; an answer repeats the offer's; empty: has none
  std::vector<std::string> candidates; // "candidate:...", without "a="; parsed: usable ones only
  bool end_of_candidates = false; // RFC 8838, 8.2: no more come; parsed: also if none can trickle

  bool operator==(const SessionDescription&) const = default;
};

// What a browser's setRemoteDescription() takes. In an answer `setup` actpass is written as active.
[[nodiscard]] std::string write_description(const SessionDescription& description, bool answer);

// The first data-channel section that is not rejected counts; other sections are ignored. Errors:
// bad_message, with the reason (no data section, no or no usable fingerprint, no setup, bad ICE
// credentials, too long).
[[nodiscard]] Result<SessionDescription> parse_description(std::string_view sdp);

} // namespace triad
