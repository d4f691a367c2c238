// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/socket_address.h"

#include "command_line/listen_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace triad::tracker {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<Address> parse_numeric(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::copy(text.begin(), text.end(), terminated.begin());
  Address address;
  if (inet_pton(AF_INET, terminated.data(), address.bytes.data()) == 1) {
    return address;
  }
  address.ipv6 = true;
  if (inet_pton(AF_INET6, terminated.data(), address.bytes.data()) == 1) {
    return unmapped(address);
  }
  return std::nullopt;
}

} // namespace

std::uint16_t SocketAddress::port() const {
  return ntohs(ipv6() ? reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port
                      : reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

void SocketAddress::set_port(std::uint16_t port) {
  if (ipv6()) {
    reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in*>(&storage)->sin_port = htons(port);
  }
}

Address SocketAddress::address() const {
  Address address;
  address.ipv6 = ipv6();
  if (address.ipv6) {
    std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr,
                16);
  } else {
    std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr, 4);
  }
  return unmapped(address);
}

Result<SocketAddress> parse_socket_address(const std::string& listen) {
  const auto parsed = tool::parse_listen_address(listen);
  if (!parsed) {
    return Error{ErrorCode::settings,
                 "cannot listen on \"" + listen + "\": give ADDR:PORT, as 127.0.0.1:8000 or [::]:0",
                 ""};
  }
  SocketAddress address;
  if (parsed->ipv6) {
    auto* in = reinterpret_cast<sockaddr_in6*>(&address.storage);
    in->sin6_family = AF_INET6;
    inet_pton(AF_INET6, parsed->host.c_str(), &in->sin6_addr);
    address.size = sizeof(sockaddr_in6);
  } else {
    auto* in = reinterpret_cast<sockaddr_in*>(&address.storage);
    in->sin_family = AF_INET;
    inet_pton(AF_INET, parsed->host.c_str(), &in->sin_addr);
    address.size = sizeof(sockaddr_in);
  }
  address.set_port(parsed->port);
  return address;
}

std::string host_of(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ipv6()) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_addr,
              text.data(), text.size());
    return '[' + std::string(text.data()) + ']';
  }
  inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_addr, text.data(),
            text.size());
  return text.data();
}

std::optional<Address> parse_forwarded(std::string_view text) {
  text = trimmed(text);
  if (!text.empty() && text.front() == '[') {
    return parse_numeric(text.substr(1, text.find(']') - 1));
  }
  if (std::count(text.begin(), text.end(), ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  return parse_numeric(text);
}

std::optional<Address> forwarded_address(std::string_view header, std::uint32_t proxies) {
  for (; proxies > 1; --proxies) {
    const auto comma = header.rfind(',');
    if (comma == std::string_view::npos) {
      return std::nullopt;
    }
    header = header.substr(0, comma);
  }
  const auto comma = header.rfind(',');
  return parse_forwarded(comma == std::string_view::npos ? header : header.substr(comma + 1));
}

} // namespace triad::tracker
