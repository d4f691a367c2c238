// SPDX-License-Identifier: LGPL-2.1-or-later
#include "connections_fixture.h"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/socket.h>

#include <array>

namespace triad::tracker {

ConnectionsFixture::ConnectionsFixture()
    : access(rules, 1), connections(poller, access, *this, counters) {
  access.tick(now, 0);
  limits.idle_seconds = 300;
  connections.apply(limits, 0);
}

test::WebSocketClient ConnectionsFixture::connect(std::uint8_t last) {
  std::array<int, 2> pair{};
  BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
  fcntl(pair[0], F_SETFL, O_NONBLOCK);
  Accepted accepted{FileDescriptor(pair[0]), {}};
  accepted.address.bytes = {192, 0, 2, last};
  connections.set_now(now);
  connections.take(std::move(accepted));
  return test::WebSocketClient(pair[1]);
}

test::WebSocketClient ConnectionsFixture::open_websocket(std::uint8_t last) {
  test::WebSocketClient client = connect(last);
  client.send("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  pump();
  BOOST_REQUIRE(client.read_answer().status == 101u);
  return client;
}

void ConnectionsFixture::pump() {
  connections.set_now(now);
  for (auto events = poller.ready(); !events.empty(); events = poller.ready()) {
    for (const epoll_event& event : events) {
      connections.handle(event.data.u64, event.events);
    }
  }
}

void ConnectionsFixture::pass(unsigned seconds) {
  for (unsigned i = 0; i < seconds * 10; ++i) {
    now += Time(100);
    connections.set_now(now);
    if (i % 10 == 0) {
      access.tick(now, now.count() / 1000);
    }
    connections.sweep();
  }
}

void ConnectionsFixture::message(ConnectionId from, std::string_view text, Permit*) {
  messages.emplace_back(from, text);
  if (echo) {
    connections.send(from, text);
  }
}

HttpResponse ConnectionsFixture::answer(const HttpRequest& request) {
  HttpResponse response;
  response.body = request.method + ' ' + request.target;
  return response;
}

} // namespace triad::tracker
