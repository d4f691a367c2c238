// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/stun_socket.h"

#include "tracker/server/stun.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <span>

namespace triad::tracker {
namespace {

constexpr int batch = 64;

// recvmsg()'s control data, which names the address that was asked, serves sendmsg() as it is but
// for the interface: the route decides on that.
void keep_source_only(msghdr& message) {
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(each), sizeof info);
      info.ipi_ifindex = 0;
      std::memcpy(CMSG_DATA(each), &info, sizeof info);
    }
  }
}

} // namespace

Result<StunSocket> StunSocket::open(const SocketAddress& address) {
  StunSocket stun;
  stun.socket_ = FileDescriptor(
      ::socket(address.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int socket = stun.socket_.get();
  const int on = 1;
  const int off = 0;
  const bool ready =
      socket >= 0 &&
      (address.ipv6() ? setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0 &&
                            setsockopt(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) == 0
                      : setsockopt(socket, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == 0) &&
      ::bind(socket, address.raw(), address.size) == 0;
  if (!ready) {
    return Error{ErrorCode::io,
                 "cannot answer STUN on UDP " + host_of(address) + ':' +
                     std::to_string(address.port()) + ": " + std::strerror(errno),
                 ""};
  }
  return stun;
}

std::uint64_t StunSocket::answer() {
  std::uint64_t answered = 0;
  for (int i = 0; i < batch; ++i) {
    std::array<std::uint8_t, 1500> datagram;
    alignas(cmsghdr) std::array<char, 128> control;
    SocketAddress from;
    iovec part{datagram.data(), datagram.size()};
    msghdr message{};
    message.msg_name = from.raw();
    message.msg_namelen = from.size;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = recvmsg(socket_.get(), &message, 0);
    if (size < 0) {
      if (errno == EAGAIN) {
        break;
      }
      continue; // an ICMP error of an earlier answer
    }
    std::array<std::uint8_t, max_stun_response> response;
    const std::size_t length =
        answer_stun(std::span(datagram).first(static_cast<std::size_t>(size)), from.address(),
                    from.port(), response);
    if (length == 0 || (message.msg_flags & MSG_TRUNC) != 0) {
      continue;
    }
    keep_source_only(message);
    part = {response.data(), length};
    message.msg_flags = 0;
    if (sendmsg(socket_.get(), &message, MSG_NOSIGNAL) >= 0) {
      ++answered;
    }
  }
  return answered;
}

} // namespace triad::tracker
