// SPDX-License-Identifier: LGPL-2.1-or-later
// Where only relays are allowed, nobody else is asked anything.
#include "link/peers.h"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace triad::test {
namespace {

// A UDP socket that answers nothing.
class Ear {
public:
  Ear() {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    socklen_t size = sizeof any;
    BOOST_REQUIRE(bind(fd_, reinterpret_cast<sockaddr*>(&any), size) == 0);
    BOOST_REQUIRE(getsockname(fd_, reinterpret_cast<sockaddr*>(&any), &size) == 0);
    port_ = ntohs(any.sin_port);
  }
  ~Ear() { close(fd_); }
  Ear(const Ear&) = delete;
  Ear& operator=(const Ear&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] bool heard() const {
    std::array<char, 100> bytes{};
    return recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT) > 0;
  }

private:
  const int fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
};

// Whether this process has a socket for multicast DNS.
bool asks_for_names() {
  for (int fd = 0; fd < 1024; ++fd) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      continue;
    // The port stands at the same place in both families' addresses.
    if ((address.ss_family == AF_INET || address.ss_family == AF_INET6) &&
        ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port) == 5353)
      return true;
  }
  return false;
}

LinkOptions relay_only(const Ear& stun) {
  LinkOptions options;
  options.ice.relay_only = true;
  options.ice.stun.push_back({"127.0.0.1", stun.port()});
  return options;
}

} // namespace

BOOST_AUTO_TEST_SUITE(relay_only_links)

BOOST_AUTO_TEST_CASE(no_stun_server_is_asked) {
  const Ear stun;
  Loop loop;
  {
    LinkEnd end(loop.context(), relay_only(stun)); // and no relay is there
    end.link->offer();
    BOOST_REQUIRE(loop.run_until([&] { return !end.ends.empty(); }));
    BOOST_TEST((end.ends[0] == Link::End::ice_failed), end.reason);
  }
  wait_until_gone(loop);
  BOOST_TEST(!stun.heard());
}

BOOST_AUTO_TEST_CASE(no_name_is_asked_for) {
  const Ear stun;
  Loop loop;
  for (const bool only : {false, true}) {
    LinkEnd other(loop.context());
    other.link->offer();
    BOOST_REQUIRE(loop.run_until([&] { return !other.descriptions.empty(); }));
    LinkEnd end(loop.context(), only ? relay_only(stun) : LinkOptions());
    BOOST_REQUIRE(end.link->answer(other.descriptions.front()));
    end.link->add_candidate("candidate:1 1 udp 2113937151 "
                            "d6d9b4a4-6a5e-4b0c-9f3e-0c1d2e3f4a5b.local 40256 typ host");
    if (only)
      BOOST_TEST(!asks_for_names());
    else
      BOOST_WARN(asks_for_names()); // not without a network
    end.link.reset();
    other.link.reset();
    wait_until_gone(loop);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace triad::test
