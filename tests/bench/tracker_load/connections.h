// SPDX-License-Identifier: LGPL-2.1-or-later
// Many WebSocket connections to a tracker in one thread, on epoll.
#pragma once

#include "frames.h"

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace triad::load {

using Clock = std::chrono::steady_clock;

// One peer, and its connection while there is one.
struct Peer {
  enum class State : std::uint8_t { closed, connecting, upgrading, open };

  std::uint32_t index = 0;
  std::uint32_t swarm = 0;
  std::uint32_t generation = 0; // of the connection; so that late events of an old one are known
  int fd = -1;
  State state = State::closed;
  bool joined = false;     // its first announce on this connection was answered
  bool waiting = false;    // for the reply to an announce
  Clock::time_point asked; // the announce that it waits for
  std::string id;
  std::string received; // an incomplete frame
  std::string unsent;
};

// Where to connect to.
struct Target {
  std::string host; // an IPv4 address
  std::uint16_t port = 0;
  std::string path = "/";
};

// What happens to peers. A handler may open, send on and close any peer.
class Listener {
public:
  virtual void opened(Peer& peer) = 0;                             // the WebSocket is there
  virtual void received(Peer& peer, std::string_view payload) = 0; // one text frame
  // Refused, ended or failed; not by this side's close(). `pending`: it was being opened, or
  // waited for a reply.
  virtual void lost(Peer& peer, bool pending) = 0;

protected:
  ~Listener() = default;
};

struct Traffic {
  std::uint64_t bytes_in = 0, bytes_out = 0;
};

class Connections {
public:
  explicit Connections(Listener& listener);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // On loopback each peer comes from an address of its own in 127.0.0.0/8, as listeners do.
  void open(Peer& peer, const Target& target);
  void send(Peer& peer, std::string_view frame);
  enum class Way { orderly, abrupt }; // FIN, or RST
  void close(Peer& peer, Way way);
  // Handles what is there; waits for it until `until` at most.
  void poll(Clock::time_point until);
  // Handles what is there, which may be nothing: how many sockets had something.
  std::size_t poll_now();

  [[nodiscard]] const Traffic& traffic() const { return traffic_; }
  // Peers by their index; set once, before the first open().
  void set_peers(std::vector<Peer>& peers) { peers_ = &peers; }

private:
  std::size_t handle_ready(const timespec& wait);
  void handle(Peer& peer, std::uint32_t events);
  void read(Peer& peer, bool to_end);
  void take(Peer& peer, std::string_view bytes);
  std::size_t upgraded(Peer& peer, std::string_view bytes);
  void lose(Peer& peer);
  void release(Peer& peer);

  Listener& listener_;
  int epoll_;
  std::vector<Peer>* peers_ = nullptr;
  std::array<epoll_event, 512> events_{};
  std::vector<char> buffer_;
  FrameWriter pongs_{1};
  std::string upgrade_;
  Traffic traffic_;
};

} // namespace triad::load
