// SPDX-License-Identifier: LGPL-2.1-or-later
#include "connections.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace triad::load {

namespace {

constexpr std::size_t buffer_bytes = 256UL * 1024;

template <typename Value>
void set_option(int fd, int level, int name, Value value) {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::uint64_t event_key(const Peer& peer) {
  return std::uint64_t{peer.generation} << 32U | peer.index;
}

// 127.1.0.1, 127.1.0.2, ...
void bind_own_address(int fd, std::uint32_t index) {
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(0x7F010001U + index);
  set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) {
    give_up("bind");
  }
}

} // namespace

Connections::Connections(Listener& listener)
    : listener_(listener), epoll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(buffer_bytes) {
  if (epoll_ < 0) {
    give_up("epoll_create1");
  }
}

Connections::~Connections() {
  if (peers_ != nullptr) {
    for (Peer& peer : *peers_) {
      if (peer.fd >= 0) {
        close(peer, Way::abrupt); // leaves no TIME_WAIT behind that the next run meets
      }
    }
  }
  ::close(epoll_);
}

void Connections::open(Peer& peer, const Target& target) {
  peer.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (peer.fd < 0) {
    give_up("socket");
  }
  set_option(peer.fd, IPPROTO_TCP, TCP_NODELAY, 1);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(target.port);
  if (::inet_pton(AF_INET, target.host.c_str(), &address.sin_addr) != 1) {
    give_up(target.host.c_str());
  }
  if (ntohl(address.sin_addr.s_addr) >> 24U == 127) {
    bind_own_address(peer.fd, peer.index);
  }
  upgrade_ = upgrade_request(target.host + ":" + std::to_string(target.port), target.path);
  peer.unsent = upgrade_;
  peer.state = Peer::State::connecting;
  // A refusal reported here comes as an event, too.
  if (::connect(peer.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS && errno != ECONNREFUSED) {
    give_up("connect");
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = event_key(peer);
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, peer.fd, &event);
}

void Connections::send(Peer& peer, std::string_view frame) {
  traffic_.bytes_out += frame.size();
  if (!peer.unsent.empty()) {
    peer.unsent += frame;
    return;
  }
  const ssize_t sent = ::send(peer.fd, frame.data(), frame.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) {
    return; // its end comes as an event
  }
  peer.unsent = frame.substr(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
}

void Connections::close(Peer& peer, Way way) {
  if (way == Way::abrupt) {
    set_option(peer.fd, SOL_SOCKET, SO_LINGER, linger{1, 0});
  }
  release(peer);
}

void Connections::release(Peer& peer) {
  ::close(peer.fd); // epoll forgets it, too
  peer.fd = -1;
  ++peer.generation;
  peer.state = Peer::State::closed;
  peer.joined = peer.waiting = false;
  peer.received.clear();
  peer.unsent.clear();
}

void Connections::lose(Peer& peer) {
  const bool pending = peer.waiting || peer.state != Peer::State::open;
  release(peer);
  listener_.lost(peer, pending);
}

void Connections::poll(Clock::time_point until) {
  const auto left = std::max(Clock::duration{0}, until - Clock::now());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  handle_ready({seconds.count(), (left - seconds).count()});
}

std::size_t Connections::poll_now() {
  return handle_ready({});
}

std::size_t Connections::handle_ready(const timespec& wait) {
  const int count =
      ::epoll_pwait2(epoll_, events_.data(), static_cast<int>(events_.size()), &wait, nullptr);
  for (int at = 0; at < count; ++at) {
    const epoll_event& event = events_[static_cast<std::size_t>(at)];
    Peer& peer = (*peers_)[event.data.u64 & 0xFFFFFFFFU];
    if (event_key(peer) == event.data.u64) {
      handle(peer, event.events);
    }
  }
  return static_cast<std::size_t>(std::max(count, 0));
}

void Connections::handle(Peer& peer, std::uint32_t events) {
  if ((events & EPOLLERR) != 0) {
    lose(peer);
    return;
  }
  if (peer.state == Peer::State::connecting && (events & EPOLLOUT) != 0) {
    peer.state = Peer::State::upgrading;
  }
  if ((events & EPOLLOUT) != 0 && !peer.unsent.empty()) {
    const ssize_t sent = ::send(peer.fd, peer.unsent.data(), peer.unsent.size(), MSG_NOSIGNAL);
    peer.unsent.erase(0, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  }
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0) {
    read(peer, (events & (EPOLLRDHUP | EPOLLHUP)) != 0);
  }
}

void Connections::read(Peer& peer, bool to_end) {
  const std::uint32_t generation = peer.generation;
  while (peer.generation == generation) {
    const ssize_t got = ::recv(peer.fd, buffer_.data(), buffer_.size(), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) {
      lose(peer);
      return;
    }
    if (got < 0) {
      return;
    }
    const auto size = static_cast<std::size_t>(got);
    traffic_.bytes_in += size;
    take(peer, {buffer_.data(), size});
    if (size < buffer_.size() && !to_end) {
      return; // more comes as a new event
    }
  }
}

void Connections::take(Peer& peer, std::string_view bytes) {
  const std::uint32_t generation = peer.generation;
  std::string joined;
  if (!peer.received.empty()) {
    joined = std::move(peer.received.append(bytes));
    peer.received.clear();
    bytes = joined;
  }
  if (peer.state == Peer::State::upgrading) {
    bytes.remove_prefix(upgraded(peer, bytes));
  }
  while (peer.generation == generation && peer.state == Peer::State::open) {
    const auto frame = first_frame(bytes);
    if (!frame) {
      break;
    }
    bytes.remove_prefix(frame->size);
    if (frame->opcode == text_frame) {
      listener_.received(peer, frame->payload);
    } else if (frame->opcode == ping_frame) {
      send(peer, pongs_.control(pong_frame, frame->payload));
    } else if (frame->opcode == close_frame) {
      lose(peer);
    }
  }
  if (peer.generation == generation) {
    peer.received.assign(bytes);
  }
}

std::size_t Connections::upgraded(Peer& peer, std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    return 0;
  }
  if (bytes.substr(0, end).find(upgrade_accepted) == std::string_view::npos) {
    lose(peer);
    return bytes.size();
  }
  peer.state = Peer::State::open;
  listener_.opened(peer);
  return end + 4;
}

} // namespace triad::load
