// SPDX-License-Identifier: LGPL-2.1-or-later
#include "command_line/listen_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace triad::tool {

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  ListenAddress address;
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) {
    return std::nullopt;
  }
  std::string_view host = text.substr(0, colon);
  address.ipv6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (address.ipv6) {
    host = host.substr(1, host.size() - 2);
  } else if (host == "localhost") {
    host = "127.0.0.1";
  }
  // inet_pton stops at a NUL, a string does not.
  if (host.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  address.host = host;
  std::array<unsigned char, 16> binary{};
  if (inet_pton(address.ipv6 ? AF_INET6 : AF_INET, address.host.c_str(), binary.data()) != 1) {
    return std::nullopt;
  }
  return address;
}

std::string http_origin(const ListenAddress& address) {
  const std::string host = address.ipv6 ? '[' + address.host + ']' : address.host;
  return "http://" + host + (address.port == 80 ? "" : ':' + std::to_string(address.port));
}

} // namespace triad::tool
