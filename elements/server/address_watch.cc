// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server/address_watch.h"

#include <arpa/inet.h>
#include <glib-unix.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace triad {
namespace {

// rtnetlink(7); -1: not to be had.
int addresses_socket() {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (fd < 0)
    return -1;
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return fd;
  ::close(fd);
  return -1;
}

bool tells_of_a_loss(const std::byte* messages, std::size_t size) {
  auto left = static_cast<unsigned>(size);
  for (const auto* message = reinterpret_cast<const nlmsghdr*>(messages); NLMSG_OK(message, left);
       message = NLMSG_NEXT(message, left))
    if (message->nlmsg_type == RTM_DELADDR)
      return true;
  return false;
}

// The system's own answer; lists of interfaces' addresses leave out most of 127.0.0.0/8.
bool is_lost(const sockaddr_storage& address, socklen_t size) {
  const int probe = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0)
    return false;
  const bool gone =
      bind(probe, reinterpret_cast<const sockaddr*>(&address), size) != 0 && errno == EADDRNOTAVAIL;
  ::close(probe);
  return gone;
}

} // namespace

AddressWatch::AddressWatch(GMainContext* context, std::function<void()> lost)
    : lost_(std::move(lost)), fd_(addresses_socket()) {
  if (fd_ < 0)
    return;
  source_ = g_unix_fd_source_new(fd_, G_IO_IN);
  g_source_set_name(source_, "triad-addresses");
  g_source_set_callback(source_, G_SOURCE_FUNC(&AddressWatch::on_readable), this, nullptr);
  g_source_attach(source_, context);
}

AddressWatch::~AddressWatch() {
  if (fd_ < 0)
    return;
  g_source_destroy(source_);
  g_source_unref(source_);
  ::close(fd_);
}

gboolean AddressWatch::on_readable(gint fd, GIOCondition, gpointer data) noexcept {
  auto* self = static_cast<AddressWatch*>(data);
  bool lost = false;
  alignas(nlmsghdr) std::array<std::byte, 8192> messages;
  for (;;) {
    const ssize_t size = recv(fd, messages.data(), messages.size(), 0);
    if (size < 0 && errno == ENOBUFS) {
      lost = true; // more than the socket holds: who knows what
    } else if (size <= 0) {
      break;
    } else {
      lost = tells_of_a_loss(messages.data(), static_cast<std::size_t>(size)) || lost;
    }
  }
  if (lost)
    self->lost_();
  return G_SOURCE_CONTINUE;
}

bool lost_its_address(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return false;
  if (address.ss_family == AF_INET)
    reinterpret_cast<sockaddr_in*>(&address)->sin_port = 0;
  else if (address.ss_family == AF_INET6)
    reinterpret_cast<sockaddr_in6*>(&address)->sin6_port = 0;
  else
    return false;
  return is_lost(address, size);
}

bool is_lost_address(const std::string& address) {
  sockaddr_storage parsed{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&parsed);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&parsed);
  if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    return is_lost(parsed, sizeof *v4);
  }
  if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    return is_lost(parsed, sizeof *v6);
  }
  return false;
}

} // namespace triad
