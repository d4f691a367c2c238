// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/port.h"

#include <utility>

namespace triad::tracker {

Result<Port> Port::open(const std::string& listen) {
  const auto address = parse_socket_address(listen);
  if (!address) {
    return address.error();
  }
  constexpr int attempts = 20; // the system may choose a TCP port whose UDP twin is taken
  for (int i = 1;; ++i) {
    auto listener = Listener::open(*address);
    if (!listener) {
      return listener.error();
    }
    auto stun = StunSocket::open(listener->address());
    if (stun) {
      return Port{std::move(*listener), std::move(*stun)};
    }
    if (address->port() != 0 || i == attempts) {
      return stun.error();
    }
  }
}

std::string Port::url(bool tls) const {
  const SocketAddress& address = listener.address();
  return (tls ? "wss://" : "ws://") + host_of(address) + ':' + std::to_string(address.port());
}

std::string Port::stun_url(const std::string& host) const {
  const bool bare_ipv6 = host.find(':') != std::string::npos && host.front() != '[';
  return "stun:" + (bare_ipv6 ? '[' + host + ']' : host) + ':' +
         std::to_string(listener.address().port());
}

} // namespace triad::tracker
