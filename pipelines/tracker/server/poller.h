// SPDX-License-Identifier: LGPL-2.1-or-later
// An epoll set of all sockets. Its own descriptor becomes readable when any of them is ready, so
// that it sits in an Asio loop as one descriptor: a socket then costs no operation object, no
// second read that finds nothing, and no epoll_ctl for each message (docs/dependencies.md).
#pragma once

#include "tracker/server/file_descriptor.h"

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

namespace triad::tracker {

// What a socket waits for; hang-ups and errors are told always.
enum class Interest : std::uint32_t { none = 0, read = EPOLLIN, write = EPOLLOUT };

class Poller {
public:
  [[nodiscard]] int descriptor() const { return epoll_.get(); }
  // Whether the system gave it a descriptor.
  explicit operator bool() const { return static_cast<bool>(epoll_); }

  // `key` comes back with its events. A socket leaves when it is closed.
  [[nodiscard]] bool add(int socket, std::uint64_t key, Interest interest);
  void change(int socket, std::uint64_t key, Interest interest);

  // What is ready now, at most 256 of them: it does not wait. Valid until the next call.
  [[nodiscard]] std::span<const epoll_event> ready();

private:
  FileDescriptor epoll_{epoll_create1(EPOLL_CLOEXEC)};
  std::array<epoll_event, 256> events_{};
};

} // namespace triad::tracker
