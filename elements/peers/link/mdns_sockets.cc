// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/mdns_sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

namespace triad {

namespace {

constexpr std::uint16_t mdns_port = 5353;
constexpr std::size_t most_networks = 64;
constexpr int burst = 32;

in_addr group_ipv4() {
  return {htonl(0xe00000fb)}; // 224.0.0.251
}

in6_addr group_ipv6() {
  in6_addr group{}; // ff02::fb
  group.s6_addr[0] = 0xff;
  group.s6_addr[1] = 0x02;
  group.s6_addr[15] = 0xfb;
  return group;
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Address make_address(bool ipv6, bool group, std::uint16_t port, unsigned interface) {
  Address address;
  if (ipv6) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    in.sin6_addr = group ? group_ipv6() : in6addr_any;
    in.sin6_scope_id = interface;
    std::memcpy(&address.storage, &in, sizeof in);
    address.size = sizeof in;
  } else {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    in.sin_addr = group ? group_ipv4() : in_addr{htonl(INADDR_ANY)};
    std::memcpy(&address.storage, &in, sizeof in);
    address.size = sizeof in;
  }
  return address;
}

bool set(int socket, int level, int option, const auto& value) {
  return setsockopt(socket, level, option, &value, sizeof value) == 0;
}

// -1 if it can't be had.
int open_socket(bool ipv6, const Address& address, bool shared) {
  const int fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1, hops = 255;
  const bool made =
      fd >= 0 && (!shared || set(fd, SOL_SOCKET, SO_REUSEADDR, on)) &&
      (ipv6 ? set(fd, IPPROTO_IPV6, IPV6_V6ONLY, on) &&
                  set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, on) &&
                  set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops)
            : set(fd, IPPROTO_IP, IP_PKTINFO, on) && set(fd, IPPROTO_IP, IP_MULTICAST_TTL, hops)) &&
      bind(fd, address.get(), address.size) == 0;
  if (!made && fd >= 0)
    close(fd);
  return made ? fd : -1;
}

// Of a received datagram: 0 if the kernel does not tell.
unsigned interface_of(msghdr& message) {
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
       head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level == IPPROTO_IP && head->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(head), sizeof info);
      return static_cast<unsigned>(info.ipi_ifindex);
    }
    if (head->cmsg_level == IPPROTO_IPV6 && head->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(head), sizeof info);
      return info.ipi6_ifindex;
    }
  }
  return 0;
}

// The bytes of an IPv4 or IPv6 address at the front, zeros behind.
std::array<std::byte, 16> bytes_of(const sockaddr& address) {
  std::array<std::byte, 16> bytes{};
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    std::memcpy(bytes.data(), &in.sin6_addr, sizeof in.sin6_addr);
  } else {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    std::memcpy(bytes.data(), &in.sin_addr, sizeof in.sin_addr);
  }
  return bytes;
}

} // namespace

MdnsSockets::MdnsSockets() {
  look_around();
  open(false);
  open(true);
}

MdnsSockets::~MdnsSockets() {
  for (const int descriptor : descriptors_)
    close(descriptor);
}

void MdnsSockets::look_around() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0)
    return;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(first, freeifaddrs);
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    constexpr unsigned wanted = IFF_UP | IFF_MULTICAST;
    if (entry->ifa_addr == nullptr || entry->ifa_netmask == nullptr ||
        (entry->ifa_flags & wanted) != wanted || networks_.size() == most_networks)
      continue;
    const bool ipv6 = entry->ifa_addr->sa_family == AF_INET6;
    if (!ipv6 && entry->ifa_addr->sa_family != AF_INET)
      continue;
    networks_.push_back({if_nametoindex(entry->ifa_name), ipv6, bytes_of(*entry->ifa_addr),
                         bytes_of(*entry->ifa_netmask)});
  }
}

std::vector<unsigned> MdnsSockets::interfaces(bool ipv6) const {
  std::vector<unsigned> found;
  for (const Network& network : networks_) {
    if (network.ipv6 == ipv6 &&
        std::find(found.begin(), found.end(), network.interface) == found.end())
      found.push_back(network.interface);
  }
  return found;
}

void MdnsSockets::open(bool ipv6) {
  const std::vector<unsigned> by = interfaces(ipv6);
  if (by.empty())
    return;
  const int asking = open_socket(ipv6, make_address(ipv6, false, 0, 0), false);
  if (asking >= 0)
    descriptors_.push_back(asking);
  asking_[ipv6 ? 1 : 0] = asking;
  // Bound to the group's address they take no datagram from another responder on this machine. A
  // socket that can't be had or can't join is one that hears less: answers to us alone still come.
  if (ipv6) {
    for (const unsigned interface : by) { // a link-local group is bound with its interface
      const int hearing = open_socket(true, make_address(true, true, mdns_port, interface), true);
      if (hearing < 0)
        continue;
      descriptors_.push_back(hearing);
      set(hearing, IPPROTO_IPV6, IPV6_JOIN_GROUP, ipv6_mreq{group_ipv6(), interface});
    }
    return;
  }
  const int hearing = open_socket(false, make_address(false, true, mdns_port, 0), true);
  if (hearing < 0)
    return;
  descriptors_.push_back(hearing);
  const int off = 0;
  set(hearing, IPPROTO_IP, IP_MULTICAST_ALL, off);
  for (const unsigned interface : by)
    set(hearing, IPPROTO_IP, IP_ADD_MEMBERSHIP,
        ip_mreqn{group_ipv4(), {htonl(INADDR_ANY)}, static_cast<int>(interface)});
}

void MdnsSockets::send(Bytes query) {
  for (const bool ipv6 : {false, true}) {
    const int fd = asking_[ipv6 ? 1 : 0];
    if (fd < 0)
      continue;
    for (const unsigned interface : interfaces(ipv6)) {
      const Address to = make_address(ipv6, true, mdns_port, interface);
      if (!ipv6)
        set(fd, IPPROTO_IP, IP_MULTICAST_IF,
            ip_mreqn{{}, {htonl(INADDR_ANY)}, static_cast<int>(interface)});
      // Lost like any datagram if it fails: the resolver asks again.
      (void)sendto(fd, query.data(), query.size(), 0, to.get(), to.size);
    }
  }
}

bool MdnsSockets::on_link(const sockaddr_storage& source, unsigned interface) const {
  const auto* const address = reinterpret_cast<const sockaddr*>(&source);
  const bool ipv6 = address->sa_family == AF_INET6;
  const std::array<std::byte, 16> from = bytes_of(*address);
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    if (network.ipv6 != ipv6)
      return false;
    // What this machine sends to itself comes in by the loopback interface.
    if (network.address == from)
      return true;
    bool same = network.interface == interface;
    for (std::size_t i = 0; i < from.size() && same; ++i)
      same = (from[i] & network.mask[i]) == (network.address[i] & network.mask[i]);
    return same;
  });
}

void MdnsSockets::receive(int descriptor,
                          const std::function<void(Bytes packet, bool unicast)>& take) {
  const bool unicast = descriptor == asking_[0] || descriptor == asking_[1];
  std::array<std::byte, 9000> buffer; // RFC 6762, section 17
  for (int i = 0; i < burst; ++i) {
    alignas(cmsghdr) std::array<char, 256> control;
    sockaddr_storage source{};
    iovec place{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_name = &source;
    message.msg_namelen = sizeof source;
    message.msg_iov = &place;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = recvmsg(descriptor, &message, 0);
    if (size < 0)
      return;
    if ((message.msg_flags & MSG_TRUNC) == 0 && on_link(source, interface_of(message)))
      take(Bytes(buffer).first(static_cast<std::size_t>(size)), unicast);
  }
}

} // namespace triad
