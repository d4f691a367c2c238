// SPDX-License-Identifier: LGPL-2.1-or-later
// One WebSocket as a client (RFC 6455): connects, shakes hands, carries text, notices when the
// other side is gone.
#pragma once

#include "peers/company/byte_stream.h"
#include "peers/company/tracker_times.h"
#include "peers/company/tracker_url.h"

#include <glib.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct sockaddr;

namespace triad::trackers {

struct WebSocketOptions {
  GMainContext* context = nullptr;
  TrackerUrl url;
  std::string user_agent;
  std::shared_ptr<TlsClient> tls; // for wss
  std::function<bool(const sockaddr&)> may_connect;
  TrackerTimes times;
};

// The context's thread only, and all callbacks from the context. Memory is bounded: see the limits.
class WebSocket {
public:
  static constexpr std::size_t max_message = 64 * 1024;       // bytes received; more ends it
  static constexpr std::size_t max_unsent = 1024 * 1024;      // bytes
  static constexpr std::size_t max_unsent_messages = 128;     // beyond these nothing is read
  static constexpr std::size_t max_read_at_once = 256 * 1024; // bytes in a quarter of a second

  // A callback may call anything.
  class Listener {
  public:
    virtual ~Listener() = default;
    virtual void on_open() = 0;
    virtual void on_text(std::string_view text) = 0;
    virtual void on_closed(const std::string& reason) = 0; // at most once, and the last
  };

  static std::shared_ptr<WebSocket> connect(WebSocketOptions options, Listener& listener);
  virtual ~WebSocket() = default;

  // Queues one text message. False, and nothing happens, if it is not open or too much is unsent.
  [[nodiscard]] virtual bool send(std::string_view text) = 0;
  [[nodiscard]] virtual bool is_open() const = 0;
  // Sends what is queued, says goodbye; on_closed() comes when that is through, soon at any rate.
  virtual void close() = 0;
  // Ends at once, after sending what takes no waiting. No callback comes any more.
  virtual void cut() = 0;
};

} // namespace triad::trackers
