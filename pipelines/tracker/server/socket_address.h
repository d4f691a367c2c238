// SPDX-License-Identifier: LGPL-2.1-or-later
// Addresses between the system's form and the tracker's.
#pragma once

#include "release/result.h"
#include "tracker/access/address.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace triad::tracker {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] bool ipv6() const { return storage.ss_family == AF_INET6; }
  [[nodiscard]] std::uint16_t port() const;
  void set_port(std::uint16_t port);
  [[nodiscard]] Address address() const; // unmapped
};

// "ADDR:PORT", IPv6 in brackets. Errors: settings.
[[nodiscard]] Result<SocketAddress> parse_socket_address(const std::string& listen);
// As in a URL: IPv6 in brackets.
[[nodiscard]] std::string host_of(const SocketAddress& address);

// A numeric address, as X-Forwarded-For has it: with or without brackets and port.
[[nodiscard]] std::optional<Address> parse_forwarded(std::string_view text);
// Whom `proxies` trusted proxies say a request comes from: the entry that the outermost of them
// added. Empty: the header has too few entries, or no address there.
[[nodiscard]] std::optional<Address> forwarded_address(std::string_view header,
                                                       std::uint32_t proxies);

} // namespace triad::tracker
