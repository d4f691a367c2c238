// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

namespace triad {
namespace {

struct Block4 {
  std::uint32_t address;
  int bits;
};

// IANA's special-purpose registry: whatever is not globally reachable (RFC 6890).
constexpr std::array private_blocks = {
    Block4{0x00000000, 8},  Block4{0x0A000000, 8},  Block4{0x64400000, 10}, Block4{0x7F000000, 8},
    Block4{0xA9FE0000, 16}, Block4{0xAC100000, 12}, Block4{0xC0000000, 24}, Block4{0xC0000200, 24},
    Block4{0xC0A80000, 16}, Block4{0xC6120000, 15}, Block4{0xC6336400, 24}, Block4{0xCB007100, 24},
    Block4{0xE0000000, 3}, // multicast, reserved, broadcast
};

bool is_private_v4(std::uint32_t address) {
  return std::any_of(private_blocks.begin(), private_blocks.end(), [address](Block4 block) {
    return (address ^ block.address) >> (32 - block.bits) == 0;
  });
}

using Address6 = std::array<std::uint8_t, 16>;

std::uint32_t v4_at(const Address6& address, std::size_t i) {
  return std::uint32_t{address[i]} << 24 | std::uint32_t{address[i + 1]} << 16 |
         std::uint32_t{address[i + 2]} << 8 | address[i + 3];
}

bool begins_with(const Address6& address, std::initializer_list<int> bytes) {
  return std::equal(bytes.begin(), bytes.end(), address.begin());
}

bool is_private_v6(const Address6& address) {
  if (begins_with(address, {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0})) // NAT64, RFC 6052
    return is_private_v4(v4_at(address, 12));
  if (begins_with(address, {0x20, 0x02})) // 6to4, RFC 3056
    return is_private_v4(v4_at(address, 2));
  if (begins_with(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF})) // mapped, RFC 4291
    return is_private_v4(v4_at(address, 12));
  if (begins_with(address, {0x20, 0x01, 0x0D, 0xB8}) || // documentation
      begins_with(address, {0x20, 0x01, 0, 0}))         // Teredo: may hide anything
    return true;
  return (address[0] & 0xE0) != 0x20; // global unicast is 2000::/3, all else is special
}

std::optional<bool> judge(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']')
    text = text.substr(1, text.size() - 2);
  const std::string address(text.substr(0, text.find('%')));
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1)
    return is_private_v4(ntohl(v4.s_addr));
  Address6 v6{};
  if (inet_pton(AF_INET6, address.c_str(), v6.data()) == 1)
    return is_private_v6(v6);
  return {};
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

} // namespace

bool is_private_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return is_private_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    Address6 bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return is_private_v6(bytes);
  }
  return true;
}

bool is_private_address(std::string_view text) {
  return judge(text).value_or(false);
}

bool is_private_host(std::string_view host) {
  if (const auto judged = judge(host))
    return *judged;
  std::string name(host);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  while (!name.empty() && name.back() == '.')
    name.pop_back();
  return name.find('.') == name.npos || ends_with(name, ".localhost") ||
         ends_with(name, ".local") || ends_with(name, ".internal") || ends_with(name, ".home.arpa");
}

} // namespace triad
