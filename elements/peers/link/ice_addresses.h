// SPDX-License-Identifier: LGPL-2.1-or-later
// Which addresses of this machine links use, and which of a peer's they may try.
#pragma once

#include <string>
#include <vector>

namespace triad {

// Those of interfaces that are up, without IPv6's link-local ones; loopback's only where there are
// no others.
[[nodiscard]] std::vector<std::string> local_addresses();

// Not unspecified, multicast and IPv6's link-local addresses; nor, for a stranger, this machine's
// own services: loopback, unless that is all we have.
[[nodiscard]] bool may_connect_to(const std::string& address);

} // namespace triad
