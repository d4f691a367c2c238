// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/listener.h"

#include <fcntl.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>

namespace triad::tracker {
namespace {

// What the kernel takes of what a connection can't send yet, in bytes: it would keep megabytes for
// each slow reader, uncounted.
constexpr int unsent_in_kernel = 128 * 1024;
constexpr int backlog = 4096; // a city that reconnects; the kernel's somaxconn bounds it

FileDescriptor open_spare() {
  return FileDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

Error failure(const SocketAddress& address) {
  return Error{ErrorCode::io,
               "cannot listen on " + host_of(address) + ':' + std::to_string(address.port()) +
                   ": " + std::strerror(errno),
               ""};
}

} // namespace

Result<Listener> Listener::open(const SocketAddress& address) {
  Listener listener;
  listener.address_ = address;
  listener.socket_ = FileDescriptor(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int socket = listener.socket_.get();
  const int on = 1;
  const int off = 0;
  // Accepted sockets inherit what concerns TCP.
  if (socket < 0 || setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
      setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_in_kernel,
                 sizeof unsent_in_kernel) != 0 ||
      (address.ipv6() && setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0) ||
      ::bind(socket, address.raw(), address.size) != 0 || ::listen(socket, backlog) != 0 ||
      getsockname(socket, listener.address_.raw(), &listener.address_.size) != 0) {
    return failure(address);
  }
  listener.spare_ = open_spare();
  return listener;
}

std::optional<Accepted> Listener::accept() {
  exhausted_ = false;
  for (;;) {
    SocketAddress from;
    FileDescriptor socket(
        accept4(socket_.get(), from.raw(), &from.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      return Accepted{std::move(socket), from.address()};
    }
    if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO) {
      continue; // these concern one connection only
    }
    if ((errno == EMFILE || errno == ENFILE) && turn_away()) {
      continue;
    }
    exhausted_ = errno != EAGAIN;
    return std::nullopt;
  }
}

bool Listener::turn_away() {
  const int why = errno;
  spare_.reset();
  FileDescriptor turned_away(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const bool done = static_cast<bool>(turned_away);
  turned_away.reset();
  spare_ = open_spare();
  errno = why;
  return done;
}

} // namespace triad::tracker
