// SPDX-License-Identifier: LGPL-2.1-or-later
// Which addresses are private: what a stranger's metainfo must not make us talk to. Pure; any
// thread.
#pragma once

#include <string_view>

struct sockaddr;

namespace triad {

// True unless the address is one that the public internet routes to a single host: loopback, RFC
// 1918, link-local, shared (RFC 6598), unique local (RFC 4193), multicast, reserved, and IPv6
// addresses that carry such an IPv4 address (mapped, NAT64, 6to4). Other address families too.
[[nodiscard]] bool is_private_address(const sockaddr& address);

// The same for an address as text, an IPv6 zone allowed. False for what is no address.
[[nodiscard]] bool is_private_address(std::string_view text);

// For a host that only a proxy resolves: a literal private address (in brackets or not), localhost,
// and names that only exist at home (.local, .internal, .home.arpa, or without a dot).
[[nodiscard]] bool is_private_host(std::string_view host);

} // namespace triad
