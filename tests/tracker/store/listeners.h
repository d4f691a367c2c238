// SPDX-License-Identifier: LGPL-2.1-or-later
// Peers on WebSockets that announce over and over, and answer every offer.
#pragma once

#include "peers/signal/replies.h"
#include "peers/signal/requests.h"
#include "tracker/server/websocket_client.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace triad::testing {

struct Listener {
  std::unique_ptr<test::WebSocketClient> client;
  signal::InfoHash swarm;
  signal::PeerId id;
  bool seeder = false;
  bool hung_up = false; // by the tracker
  // Since forget():
  unsigned replies = 0;
  std::vector<signal::PeerId> offered, answered; // by whom
  // As the last reply said.
  unsigned complete = 0, incomplete = 0;

  [[nodiscard]] bool met(const Listener& other) const; // its answer came
};

class Listeners {
public:
  // At the tracker with that URL.
  Listener& join(const std::string& url, unsigned swarm, unsigned peer, bool seeder);
  void move(Listener& listener, const std::string& url);
  void leave(Listener& listener); // hangs up without a word
  void forget();                  // what was heard

  // All announce, with two offers each, several times a second, until `holds`. Two minutes without
  // it fail the test. Returns how long it took, in seconds.
  double announce_until(const char* what, const std::function<bool()>& holds);

  [[nodiscard]] bool none_hung_up() const;

private:
  void announce(Listener& listener);
  void hear(std::chrono::milliseconds most);
  void take(Listener& listener, const std::string& frame);

  std::vector<std::unique_ptr<Listener>> all_;
  signal::ReplyParser parser_;
  std::uint8_t offers_ = 0;
};

} // namespace triad::testing
