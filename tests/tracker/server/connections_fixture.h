// SPDX-License-Identifier: LGPL-2.1-or-later
// Connections on socket pairs, in simulated time, with a service that remembers.
#pragma once

#include "tracker/server/connections.h"
#include "websocket_client.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace triad::tracker {

class ConnectionsFixture : public Service {
public:
  ConnectionsFixture();
  virtual ~ConnectionsFixture() = default;

  // A client whose connection has been taken. `last`: of its address, 192.0.2.x.
  test::WebSocketClient connect(std::uint8_t last = 1);
  test::WebSocketClient open_websocket(std::uint8_t last = 1);
  // Handles all that has come.
  void pump();
  // Time, with the sweeps of each second.
  void pass(unsigned seconds);

  void message(ConnectionId from, std::string_view text, Permit* permit) override;
  void closed(ConnectionId connection) override { ended.push_back(connection); }
  HttpResponse answer(const HttpRequest& request) override;

  Time now{0};
  Limits limits;
  AccessRules rules;
  Poller poller;
  Access access;
  ServerCounters counters;
  Connections connections;
  std::vector<std::pair<ConnectionId, std::string>> messages;
  std::vector<ConnectionId> ended;
  bool echo = false; // each message is sent back
};

} // namespace triad::tracker
