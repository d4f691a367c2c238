// SPDX-License-Identifier: LGPL-2.1-or-later
// One accepted connection of the misbehaving HTTP server, plain or TLS, never blocking.
#pragma once

#include "kit/http_exchange.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

struct ssl_st;

namespace triad::test {

// Certificate, key and TLS context of a server.
class TlsServer {
public:
  explicit TlsServer(const std::string& certificate_names);
  ~TlsServer();
  [[nodiscard]] const std::string& certificate_pem() const;
  [[nodiscard]] ssl_st* accept(int fd) const; // a session that the caller frees

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The request that a connection is answering. Beside the class: clang cannot emplace a nested
// struct with default values.
struct ActiveRequest {
  Answer answer;
  std::shared_ptr<LoggedRequest> record;
  std::string pending; // head, or chunk framing, not yet written
  bool head_made = false, last_chunk_made = false, released = false;
  std::uint64_t sent = 0; // of the body
  std::chrono::steady_clock::time_point start;
  std::optional<std::chrono::steady_clock::time_point> body_start;
};

class Connection {
public:
  // What a connection asks of its server.
  class Host {
  public:
    virtual ~Host() = default;
    virtual std::shared_ptr<LoggedRequest> log(LoggedRequest request) = 0;
    virtual const ServedFile* file(const std::string& path) = 0;
    virtual Behaviour behaviour(const std::string& path) = 0;
  };
  using Clock = std::chrono::steady_clock;

  // Owns `fd`. `tls` (null: plain) and `host` outlive it.
  Connection(int fd, unsigned number, const TlsServer* tls, bool keep_alive, Host& host);
  ~Connection();

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] short events() const; // for poll()
  [[nodiscard]] bool over() const { return over_; }

  void on_ready(); // the socket can be read or written
  // Does what can be done; answers after how long it wants to be called without the socket.
  std::optional<std::chrono::milliseconds> advance(Clock::time_point now);
  void release(const std::string& path); // lets a stalled answer go on
  void abort();                          // the server closes it

private:
  enum class Step { again, blocked, waiting, finished };

  bool shake_hands();
  void read_all();
  bool next_request(Clock::time_point now);
  Step step(Clock::time_point now, std::chrono::milliseconds& wait);
  Step send_head();
  Step send_body(Clock::time_point now, std::chrono::milliseconds& wait);
  bool write_pending();
  std::size_t write(const char* data, std::size_t size); // 0: would block, or over_
  void end(bool reset);

  int fd_;
  const unsigned number_;
  const bool keep_alive_;
  Host& host_;
  ssl_st* tls_ = nullptr;
  bool shaken_ = true, over_ = false, want_write_ = false;
  std::string in_;
  std::optional<ActiveRequest> active_;
};

} // namespace triad::test
