// SPDX-License-Identifier: LGPL-2.1-or-later
// The STUN servers that trackers name: RFC 7064. Pure; any thread.
#pragma once

#include "peers/link/link.h"

#include <optional>
#include <string_view>

namespace triad::company {

// "stun:HOST:PORT", an IPv6 address in brackets. Nothing for what is none.
[[nodiscard]] std::optional<StunServer> parse_stun_url(std::string_view url);

} // namespace triad::company
