// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/access/address.h"

#include <algorithm>

namespace triad::tracker {

Address unmapped(const Address& address) {
  constexpr std::array<std::uint8_t, 12> prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (!address.ipv6 || !std::equal(prefix.begin(), prefix.end(), address.bytes.begin())) {
    return address;
  }
  Address ipv4;
  std::copy(address.bytes.begin() + 12, address.bytes.end(), ipv4.bytes.begin());
  return ipv4;
}

Address whole_site(const Address& address) {
  Address site = unmapped(address);
  if (site.ipv6) {
    std::fill(site.bytes.begin() + 8, site.bytes.end(), std::uint8_t{0});
  }
  return site;
}

} // namespace triad::tracker
