// SPDX-License-Identifier: LGPL-2.1-or-later
// All connections: HTTP requests are answered, WebSocket messages handed on, limits kept.
#pragma once

#include "tracker/access/access.h"
#include "tracker/server/connection.h"
#include "tracker/server/http_messages.h"
#include "tracker/server/listener.h"
#include "tracker/server/poller.h"
#include "tracker/server/settings.h"
#include "tracker/server/stats.h"
#include "tracker/server/tls.h"
#include "tracker/server/websocket_frames.h"
#include "tracker/swarms/outbox.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace triad::tracker {

// What is behind the connections.
class Service {
public:
  virtual void message(ConnectionId from, std::string_view text, Permit* permit) = 0;
  virtual void closed(ConnectionId connection) = 0;
  [[nodiscard]] virtual HttpResponse answer(const HttpRequest& request) = 0;

protected:
  ~Service() = default;
};

// One thread, in which SIGPIPE is blocked.
class Connections final : public Outbox {
public:
  Connections(Poller& poller, Access& access, Service& service, ServerCounters& counters);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  void apply(const Limits& limits, std::uint32_t trusted_proxies);
  // For connections to come; null: without TLS.
  void use(const TlsContext* tls) { tls_ = tls; }

  // The time that all inputs below happen at.
  void set_now(Time now) { now_ = now; }
  [[nodiscard]] Time now() const { return now_; }
  void take(Accepted accepted);
  // An event of the poller. Keys of connections are below first_other_key.
  static constexpr std::uint64_t first_other_key = std::uint64_t{1} << 63;
  void handle(std::uint64_t key, std::uint32_t events);
  // Ends who is late and asks who is silent: a tenth of all connections. Ten times a second.
  void sweep();
  // Ends who broke while something was sent to it outside of handle().
  void settle();

  // Says goodbye to everybody. size() becomes 0 when all have gone.
  void stop();
  void drop_all();
  [[nodiscard]] std::size_t size() const { return count_; }

  void send(ConnectionId to, std::string_view frame) override;

private:
  using Phase = Connection::Phase;

  Connection* find(std::uint64_t key);
  void enter(Connection& connection, Phase phase);
  void end(Connection& connection); // at the next settle()
  void refuse(Connection& connection, Refusal why);
  void write(Connection& connection, std::string_view bytes);
  void after_write(Connection& connection);
  void want(Connection& connection, Interest interest);
  // Keeps the sum of what waits, and ends who has more than his share where that is too much.
  void count_waiting(Connection& connection);
  void check(Connection& connection);
  [[nodiscard]] std::uint32_t seconds() const;

  void shake_hands(Connection& connection);
  void readable(Connection& connection);
  void writable(Connection& connection);
  void received(Connection& connection, std::span<char> bytes);

  // HTTP: take one request off `bytes`; false: it is not whole, or the connection ends.
  bool take_request(Connection& connection, std::span<char>& bytes);
  void serve(Connection& connection, const HttpRequest& request);
  [[nodiscard]] std::optional<Refusal> admit(Connection& connection, const HttpRequest& request);
  void upgrade(Connection& connection, const HttpRequest& request);
  void respond(Connection& connection, const HttpResponse& response, bool keep_alive, bool head);

  // WebSocket: likewise for a frame.
  bool take_frame(Connection& connection, std::span<char>& bytes);
  void data_frame(Connection& connection, const Frame& frame);
  void control_frame(Connection& connection, const Frame& frame);
  void message(Connection& connection, std::string_view text);
  void send_frame(Connection& connection, Opcode opcode, std::string_view payload);
  void close(Connection& connection, CloseCode code, Phase next);

  struct Slot {
    std::unique_ptr<Connection> connection;
    std::uint32_t generation = 0;
  };

  Poller& poller_;
  Access& access_;
  Service& service_;
  ServerCounters& counters_;
  const TlsContext* tls_ = nullptr;
  Limits limits_;
  std::uint32_t trusted_proxies_ = 0;
  Time now_{0};
  std::vector<Slot> slots_; // by ConnectionId
  std::vector<ConnectionId> free_;
  std::size_t count_ = 0;
  std::size_t refused_ = 0; // connections that only wait to be told so
  std::size_t waiting_ = 0; // bytes: the sum of all connections'
  std::size_t swept_ = 0;
  bool stopping_ = false;
  std::vector<Connection*> gone_;
  std::vector<char> buffer_; // for everything that is read
  std::string frame_;        // the one that is written
};

} // namespace triad::tracker
