// SPDX-License-Identifier: LGPL-2.1-or-later
// STUN and TURN servers as settings name them, in webrtcbin's syntax. Pure.
#pragma once

#include "peers/company/company.h"

#include <string_view>

namespace triad {

// "stun://HOST[:PORT]"; an IPv6 address in brackets; port 3478 if none is given. Errors: settings.
[[nodiscard]] Result<StunServer> parse_stun_server(std::string_view text);

// "turn://USER:PASSWORD@HOST[:PORT][?transport=udp|tcp]"; port 3478 if none is given. User and
// password are percent-decoded. Errors: settings; so is turns://, for libnice speaks no TLS.
[[nodiscard]] Result<TurnServer> parse_turn_server(std::string_view text);

} // namespace triad
