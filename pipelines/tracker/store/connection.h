// SPDX-License-Identifier: LGPL-2.1-or-later
// One TCP connection to one Redis node: logs in, pipelines commands, notices silence.
#pragma once

#include "tracker/store/redis_url.h"
#include "tracker/store/resp.h"
#include "tracker/store/slots.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace boost::asio {
class io_context;
}

namespace triad::tracker::redis {

struct Command {
  std::string bytes;        // encoded
  std::optional<Slot> slot; // nullopt: for whoever is asked, and its errors are the asker's matter
  std::uint8_t redirections = 0;
  // Called with the answer, or with null: none will come. May be empty.
  std::function<void(const Reply*)> done;
};

struct ConnectionOptions {
  std::string user, password; // of Url
  unsigned database = 0;
  std::chrono::milliseconds reply_timeout{5000}; // silence for about that long ends it
};

// What a connection is for: a channel's subscriber gets messages that answer no command.
enum class Use { commands, channel };

// Used up when it is lost or closed. One thread; no event comes from within a call to it.
class Connection : public std::enable_shared_from_this<Connection> {
public:
  struct Events {
    std::function<void()> ready; // logged in
    // An answer; null: the connection was lost before.
    std::function<void(Command&& command, const Reply* reply)> answered;
    std::function<void(const Reply& message)> pushed;
    std::function<void(const std::string& reason)> lost; // the last event
  };

  // What waits at most for answers; more is refused.
  static constexpr std::size_t max_commands = 20'000;
  static constexpr std::size_t max_queued_bytes = 8 * 1024 * 1024;

  Connection(boost::asio::io_context& loop, Address address, Use use, ConnectionOptions options,
             Events events);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  // No event comes any more; what waits for answers is forgotten.
  void close();
  // As if the node had gone: events follow, later.
  void give_up(const std::string& reason);

  // Takes `command`, and sends it as soon as it is logged in. False: it is full, or was lost, and
  // `command` is untouched. With Use::channel nothing is answered: all that comes is pushed.
  [[nodiscard]] bool send(Command& command);

  [[nodiscard]] bool ready() const;
  [[nodiscard]] bool idle() const; // nothing waits for an answer
  // The node's clock, since 1970; from when it is ready, with Use::commands.
  [[nodiscard]] std::chrono::milliseconds now() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace triad::tracker::redis
