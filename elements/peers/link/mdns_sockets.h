// SPDX-License-Identifier: LGPL-2.1-or-later
// The sockets of a one-shot multicast DNS querier: one a family to ask by and to hear what is meant
// for us, others to hear what is sent to all. RFC 6762, sections 5.1, 6.7, 11. One thread.
#pragma once

#include "release/hashes.h"

#include <netinet/in.h>

#include <array>
#include <functional>
#include <vector>

namespace triad {

class MdnsSockets {
public:
  // What of this machine's network could be opened; it may be nothing.
  MdnsSockets();
  ~MdnsSockets();
  MdnsSockets(const MdnsSockets&) = delete;
  MdnsSockets& operator=(const MdnsSockets&) = delete;

  [[nodiscard]] const std::vector<int>& descriptors() const { return descriptors_; } // to poll
  // To the multicast groups, by each interface.
  void send(Bytes query);
  // Takes what has come (a burst at most); drops what does not come from its interface's network.
  // `unicast`: it was sent to us alone, so that it repeats its query's id.
  void receive(int descriptor, const std::function<void(Bytes packet, bool unicast)>& take);

private:
  struct Network { // an address of an interface
    unsigned interface = 0;
    bool ipv6 = false;
    std::array<std::byte, 16> address{}, mask{};
  };

  void look_around();
  void open(bool ipv6);
  [[nodiscard]] bool on_link(const sockaddr_storage& source, unsigned interface) const;
  [[nodiscard]] std::vector<unsigned> interfaces(bool ipv6) const;

  std::vector<Network> networks_;
  std::array<int, 2> asking_{-1, -1}; // IPv4, IPv6
  std::vector<int> descriptors_;
};

} // namespace triad
