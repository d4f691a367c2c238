// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server/proxy.h"

#include "server/http_fields.h"

#include <arpa/inet.h>

#include <array>
#include <string_view>

namespace triad {
namespace {

std::string first_set(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (std::string value = environment(name); !value.empty())
      return value;
  return {};
}

// Whether `address` lies in `block` (ADDRESS/BITS, or an address).
bool in_block(const std::string& address, std::string_view block) {
  const std::size_t slash = block.find('/');
  const std::string network(block.substr(0, slash));
  for (const int family : {AF_INET, AF_INET6}) {
    std::array<unsigned char, 16> a{}, b{};
    if (inet_pton(family, address.c_str(), a.data()) != 1 ||
        inet_pton(family, network.c_str(), b.data()) != 1)
      continue;
    const std::uint64_t all = family == AF_INET ? 32 : 128;
    const std::uint64_t bits =
        slash == block.npos ? all : parse_number(block.substr(slash + 1)).value_or(all + 1);
    if (bits > all)
      return false;
    for (std::size_t i = 0; i < bits; ++i)
      if (((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1) != 0)
        return false;
    return true;
  }
  return false;
}

bool exempt(std::string host, std::string_view list) {
  if (host.size() >= 2 && host.front() == '[')
    host = host.substr(1, host.size() - 2);
  if (host == "localhost" || in_block(host, "127.0.0.0/8") || in_block(host, "::1"))
    return true; // a proxy's loopback is another machine
  while (!list.empty()) {
    const std::size_t end = list.find_first_of(", ");
    std::string_view entry = trimmed(list.substr(0, end));
    list = end == list.npos ? std::string_view() : list.substr(end + 1);
    if (entry == "*" || in_block(host, entry))
      return true;
    while (!entry.empty() && entry.front() == '.')
      entry.remove_prefix(1);
    if (entry.empty() || entry.size() > host.size())
      continue;
    const std::string_view tail = std::string_view(host).substr(host.size() - entry.size());
    if (tail == entry &&
        (entry.size() == host.size() || host[host.size() - entry.size() - 1] == '.'))
      return true;
  }
  return false;
}

} // namespace

std::string system_proxy(const UrlOrigin& origin, const Environment& environment) {
  if (exempt(origin.host, first_set(environment, {"no_proxy", "NO_PROXY"})))
    return {};
  if (origin.scheme == "https")
    return first_set(environment, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  return first_set(environment, {"http_proxy", "all_proxy", "ALL_PROXY"});
}

} // namespace triad
