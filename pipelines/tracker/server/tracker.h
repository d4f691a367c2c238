// SPDX-License-Identifier: LGPL-2.1-or-later
// A whole tracker in a thread of its own: WebSocket and HTTP, TLS, STUN, swarms and their store.
#pragma once

#include "release/result.h"
#include "tracker/server/settings.h"

#include <memory>
#include <string>

namespace triad::tracker {

class Tracker {
public:
  // Listens when it returns. Errors: settings, io (the address, a certificate or a list can't be
  // had), unreachable (never: a store that is away is waited for while the tracker serves).
  [[nodiscard]] static Result<std::unique_ptr<Tracker>> start(const Settings& settings);
  // Takes no more connections, says goodbye to those it has, waits for both for at most 5 s.
  ~Tracker();
  Tracker(const Tracker&) = delete;
  Tracker& operator=(const Tracker&) = delete;

  // Where it listens: the port that the system chose, too. "ws://ADDR:PORT" or "wss://...".
  [[nodiscard]] const std::string& url() const;

  // Any thread. Takes over all that can change without dropping a connection: the dial, limits,
  // allow list, token secret, certificate. Errors: as start(); then nothing has changed.
  Status reload(const Settings& settings);

private:
  struct State;
  explicit Tracker(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace triad::tracker
