// SPDX-License-Identifier: LGPL-2.1-or-later
// The tracker's loop and all that runs in it.
#pragma once

#include "release/result.h"
#include "tracker/server/configuration.h"

#include <functional>
#include <memory>
#include <string>

namespace triad::tracker {

class Server {
public:
  // Takes the port. Errors: settings, io.
  [[nodiscard]] static Result<std::unique_ptr<Server>> open(Configuration configuration);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] const std::string& url() const;

  // Serves until a stop() is through. Blocks the thread's signals: none interrupts a tracker, and
  // a broken TLS connection raises none.
  void run();

  // The others: any thread. They return at once; `done` is called in the loop.
  void apply(Configuration configuration, std::function<void()> done);
  void stop();

private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace triad::tracker
