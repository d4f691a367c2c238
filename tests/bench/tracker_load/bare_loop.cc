// SPDX-License-Identifier: LGPL-2.1-or-later
// The physical limit of a tracker: counts the bytes that come, and for each announce's worth sends
// a reply and, to random connections, offers. It reads no JSON and no WebSocket frame.
// usage: bare_loop REQUEST_BYTES OFFERS      prints "ready PORT" and serves on 127.0.0.1
#include "frames.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace {

using namespace triad::load;

constexpr std::string_view upgrade_reply =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

class BareLoop {
public:
  BareLoop(std::size_t request, unsigned offers)
      : request_(request),
        offers_(offers),
        reply_(sample_reply(random_)),
        relay_(sample_relay(random_)),
        epoll_(::epoll_create1(0)),
        listening_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listening_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(listening_, 1024) != 0) {
      std::perror("listen");
      std::exit(1);
    }
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    std::cout << "ready " << ntohs(address.sin_port) << std::endl;
    watch(listening_);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 512> events{};
    for (;;) {
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int at = 0; at < count; ++at) {
        const int fd = events[static_cast<std::size_t>(at)].data.fd;
        fd == listening_ ? accept_all() : read(fd);
      }
    }
  }

private:
  struct Connection {
    bool upgraded = false;
    std::size_t read = 0;  // of an announce
    std::size_t place = 0; // in open_
  };

  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN | (fd == listening_ ? 0U : static_cast<unsigned>(EPOLLET));
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all() {
    for (int fd = 0; (fd = ::accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
      const int yes = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      const auto at = static_cast<std::size_t>(fd);
      connections_.resize(std::max(connections_.size(), at + 1));
      connections_[at] = {false, 0, open_.size()};
      open_.push_back(fd);
      watch(fd);
    }
  }

  void read(int fd) {
    Connection& connection = connections_[static_cast<std::size_t>(fd)];
    const ssize_t got = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) {
      open_[connection.place] = open_.back();
      connections_[static_cast<std::size_t>(open_.back())].place = connection.place;
      open_.pop_back();
      ::close(fd);
      return;
    }
    if (!connection.upgraded) { // the first bytes are the request to upgrade, and no more
      connection.upgraded = true;
      send(fd, upgrade_reply);
      return;
    }
    connection.read += static_cast<std::size_t>(got);
    for (; connection.read >= request_; connection.read -= request_) {
      for (unsigned at = 0; at < offers_; ++at) {
        send(open_[random_() % open_.size()], relay_);
      }
      send(fd, reply_);
    }
  }

  // What a connection can't take is lost; one that is gone is noticed when it is read.
  static void send(int fd, std::string_view bytes) {
    std::ignore = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  std::mt19937_64 random_{1};
  std::size_t request_;
  unsigned offers_;
  std::string reply_, relay_;
  int epoll_, listening_;
  std::vector<Connection> connections_; // by descriptor
  std::vector<int> open_;
  std::array<char, 65536> buffer_{};
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    return 2;
  }
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  BareLoop loop(std::strtoul(argv[1], nullptr, 10),
                static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)));
  loop.run();
}
