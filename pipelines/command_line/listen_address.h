// SPDX-License-Identifier: LGPL-2.1-or-later
// ADDR:PORT, as --listen takes it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace triad::tool {

struct ListenAddress {
  std::string host; // a numeric address, IPv6 without brackets
  bool ipv6 = false;
  std::uint16_t port = 0; // 0: the system's choice
};

// "127.0.0.1:8000", "[::1]:0"; "localhost:8000" is 127.0.0.1. Empty if it is none of these.
[[nodiscard]] std::optional<ListenAddress> parse_listen_address(std::string_view text);

// http://ADDR:PORT, as a client writes it.
[[nodiscard]] std::string http_origin(const ListenAddress& address);

} // namespace triad::tool
