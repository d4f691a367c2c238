// SPDX-License-Identifier: LGPL-2.1-or-later
// TLS on accepted sockets, by OpenSSL.
#pragma once

#include "release/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace triad::tracker {

// A certificate with its key, and TLS 1.2 at least.
class TlsContext {
public:
  // PEM files. Errors: io, with what OpenSSL says of which file.
  [[nodiscard]] static Result<TlsContext> load(const std::string& certificate,
                                               const std::string& key);

private:
  friend class TlsSession;
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

enum class IoState {
  done,
  wants_read,  // go on when the socket can be read
  wants_write, // go on when the socket can be written
  closed,      // by the peer, or broken
};

struct IoResult {
  IoState state;
  std::size_t bytes = 0; // with `done`
};

class TlsSession {
public:
  // `socket` is non-blocking and outlives this. A session keeps what it needs of its context.
  // Whoever runs it has SIGPIPE blocked or ignored.
  TlsSession(const TlsContext& context, int socket);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  [[nodiscard]] IoResult handshake();
  // `into` has room for a whole record (16 KiB): then nothing is left inside that no event tells
  // of.
  [[nodiscard]] IoResult read(std::span<char> into);
  // A write that did not get through is tried again with at least the same bytes.
  [[nodiscard]] IoResult write(std::string_view bytes);
  void say_goodbye(); // close_notify, if it gets through at once

private:
  struct Free {
    void operator()(ssl_st* session) const;
  };
  struct Watch;
  [[nodiscard]] IoResult result_of(int returned);
  std::unique_ptr<ssl_st, Free> session_;
  bool open_ = false;          // the handshake is done
  std::uint32_t controls_ = 0; // TLS's own messages since, in either direction
};

} // namespace triad::tracker
