// SPDX-License-Identifier: LGPL-2.1-or-later
// Links through coturn, in a network namespace of the test's own (suite "network").
#include "link/peers.h"

#include <boost/test/unit_test.hpp>

#include <gio/gio.h>

#include <cstdlib>

namespace triad::test {
namespace {

constexpr const char* address = "10.77.0.1";

// coturn on this namespace's loopback interface, which gets an address that is not loopback's.
class Relay {
public:
  Relay() {
    BOOST_REQUIRE_EQUAL(std::system("ip link set lo up && ip address replace 10.77.0.1/24 dev lo"),
                        0);
    process_ = g_subprocess_new(
        static_cast<GSubprocessFlags>(G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
                                      G_SUBPROCESS_FLAGS_STDERR_SILENCE),
        nullptr, "turnserver", "-n", "--no-cli", "--no-tls", "--no-dtls", "--lt-cred-mech",
        "--realm=test", "--user=user:secret", "--listening-ip=10.77.0.1", "--relay-ip=10.77.0.1",
        "--listening-port=3478", "--log-file=stdout", "--pidfile=", "--userdb=/dev/null", nullptr);
    BOOST_REQUIRE(process_);
    // It tells nobody when it listens.
    GSocketClient* client = g_socket_client_new();
    GSocketConnection* connection = nullptr;
    for (int i = 0; i < 500 && !connection; ++i) {
      connection = g_socket_client_connect_to_host(client, address, 3478, nullptr, nullptr);
      if (!connection)
        g_usleep(20'000);
    }
    g_object_unref(client);
    BOOST_REQUIRE_MESSAGE(connection, "coturn does not listen");
    g_object_unref(connection);
  }
  ~Relay() {
    g_subprocess_force_exit(process_);
    g_subprocess_wait(process_, nullptr, nullptr);
    g_object_unref(process_);
  }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

private:
  GSubprocess* process_ = nullptr;
};

void exchange_through(TurnServer::Transport transport) {
  const Relay relay;
  Loop loop;
  {
    LinkOptions options;
    options.gathering = std::chrono::seconds(10);
    options.ice.relay_only = true;
    TurnServer server;
    server.host = address;
    server.user = "user";
    server.password = "secret";
    server.transport = transport;
    options.ice.turn.push_back(server);
    Pair pair(loop, options);
    pair.connect();
    BOOST_TEST(pair.offerer.descriptions[0].find("typ host") == std::string::npos);
    const Link::Facts facts = pair.offerer.link->facts();
    BOOST_TEST(facts.local_type == "relay");
    BOOST_TEST(facts.remote_type == "relay");

    ChannelEnd& here = pair.offerer.open("a");
    BOOST_REQUIRE(loop.run_until([&] { return here.opened == 1; }));
    ChannelEnd& there = *pair.answerer.channels.front();
    there.keep = false;
    constexpr std::uint64_t total = 2'000'000;
    std::uint64_t sent = 0;
    const std::vector<std::byte> block(20'000);
    const auto fill = [&] {
      while (sent < total && here.channel->send(block))
        sent += block.size();
    };
    here.when_writable = fill;
    fill();
    BOOST_REQUIRE(loop.run_until([&] { return there.received == total; }));
    pair.answerer.link->close();
    BOOST_REQUIRE(
        loop.run_until([&] { return !pair.offerer.ends.empty() && !pair.answerer.ends.empty(); }));
    BOOST_TEST((pair.offerer.ends[0] == Link::End::closed_there));
  }
  wait_until_gone(loop); // the relay was told, too
}

BOOST_AUTO_TEST_SUITE(relay)

BOOST_AUTO_TEST_CASE(over_udp) {
  exchange_through(TurnServer::Transport::udp);
}
BOOST_AUTO_TEST_CASE(over_tcp) {
  exchange_through(TurnServer::Transport::tcp);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace triad::test
