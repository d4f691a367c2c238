// SPDX-License-Identifier: LGPL-2.1-or-later
// What strangers and peers may send: to the sockets, inside DTLS, as descriptions.
#include "link/peers.h"

#include "kit/random.h"

#include <boost/test/unit_test.hpp>

#include <array>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace triad::test {
namespace {

// A socket of a stranger who knows a link's address.
class Stranger {
public:
  explicit Stranger(const std::string& address) {
    const auto colon = address.rfind(':');
    std::string host = address.substr(0, colon);
    const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1)));
    if (host.front() == '[') {
      host = host.substr(1, host.size() - 2);
      auto& to = reinterpret_cast<sockaddr_in6&>(to_);
      to.sin6_family = AF_INET6;
      to.sin6_port = htons(port);
      BOOST_REQUIRE(inet_pton(AF_INET6, host.c_str(), &to.sin6_addr) == 1);
    } else {
      auto& to = reinterpret_cast<sockaddr_in&>(to_);
      to.sin_family = AF_INET;
      to.sin_port = htons(port);
      BOOST_REQUIRE(inet_pton(AF_INET, host.c_str(), &to.sin_addr) == 1);
    }
    fd_ = socket(to_.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    BOOST_REQUIRE(fd_ >= 0);
  }
  ~Stranger() { ::close(fd_); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  void send(Bytes bytes) const {
    sendto(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to_), sizeof to_);
  }

private:
  sockaddr_storage to_{};
  int fd_;
};

BOOST_AUTO_TEST_SUITE(hostile)

BOOST_AUTO_TEST_CASE(a_thousand_datagrams_of_a_stranger) {
  Loop loop;
  {
    Pair pair(loop);
    pair.connect();
    ChannelEnd& here = pair.offerer.open("a");
    BOOST_REQUIRE(loop.run_until([&] { return here.opened == 1; }));
    const Stranger stranger(pair.answerer.link->facts().local_address);
    kit::Random random(7);
    for (int i = 0; i < 1000; ++i) {
      std::vector<std::byte> junk(random.below(1500));
      for (std::byte& byte : junk)
        byte = static_cast<std::byte>(random.below(256));
      if (!junk.empty()) // what looks like STUN, DTLS and other things (RFC 7983)
        junk[0] = static_cast<std::byte>(std::array{0, 1, 20, 22, 23, 64, 128}[random.below(7)]);
      stranger.send(junk);
      if (i % 50 == 0)
        loop.run_ready();
    }
    loop.run_ready();
    BOOST_TEST(here.channel->send(bytes_of("still there?")));
    BOOST_REQUIRE(loop.run_until([&] {
      return !pair.answerer.channels[0]->messages.empty() || !pair.answerer.ends.empty();
    }));
    BOOST_TEST(pair.answerer.ends.empty());
    BOOST_TEST(pair.answerer.channels[0]->messages.size() == 1U);
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_CASE(candidates_that_are_none) {
  Loop loop;
  {
    Pair pair(loop);
    pair.introduce();
    for (const char* line :
         {"candidate:", "candidate:1 1 udp 1 0.0.0.0 1 typ host",
          "candidate:1 1 udp 1 224.0.0.1 5353 typ host", "candidate:1 1 udp 1 ::1 9 typ host",
          "candidate:1 1 tcp 1 192.0.2.1 9 typ host", "candidate:1 1 udp 1 host.example 9 typ host",
          "candidate:1 1 ssltcp 1 192.0.2.1 9 typ host", "candidate:1 2 udp 1 192.0.2.1 9 typ host",
          "candidate:1 1 udp 1 ff02::1 5353 typ host",
          "candidate:1 1 udp 1 nobody.local 1 typ host"})
      pair.offerer.link->add_candidate(line);
    for (int i = 0; i < 1000; ++i) // only some are tried
      pair.answerer.link->add_candidate("candidate:1 1 udp 1 192.0.2.77 " +
                                        std::to_string(10'000 + i) + " typ host");
    BOOST_REQUIRE(
        loop.run_until([&] { return pair.offerer.connected > 0 && pair.answerer.connected > 0; }));
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace triad::test
