// SPDX-License-Identifier: LGPL-2.1-or-later
// A WebSocket and HTTP client that can also misbehave. Blocking; each read waits for half a minute
// at most, then throws.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace triad::test {

struct HttpAnswer {
  unsigned status = 0;
  std::string head; // status line and headers
  std::string body;
};

struct Received {
  unsigned opcode = 0;
  std::string payload;
};

class WebSocketClient {
public:
  explicit WebSocketClient(int socket); // connected
  // `url`: "ws://ADDR:PORT" or "wss://...", whose certificate is not looked at.
  explicit WebSocketClient(const std::string& url);
  ~WebSocketClient();
  WebSocketClient(WebSocketClient&& other) noexcept;
  WebSocketClient& operator=(WebSocketClient&& other) noexcept;

  void send(std::string_view raw);
  // Asks for a WebSocket and returns the answer, which has status 101 when it is open.
  HttpAnswer upgrade(const std::string& target = "/", const std::string& headers = "");
  HttpAnswer get(const std::string& target, const std::string& headers = "");
  HttpAnswer read_answer(bool head = false);

  void send_text(std::string_view payload);
  // `first`: FIN, reserved bits and opcode.
  void send_frame(std::uint8_t first, std::string_view payload, bool masked = true);
  // The next frame; empty: the server ended the connection.
  std::optional<Received> read_frame();
  // The next text frame, empty at the end; pings are passed over.
  std::string read_text();
  // The code of the close frame that comes next; 0: there is none.
  unsigned read_close();
  bool read_end();                    // nothing came before the end
  [[nodiscard]] bool pending() const; // something has come, or the end
  void close();
  [[nodiscard]] std::string peer_certificate() const; // PEM; with TLS
  void update_keys(unsigned times);                   // TLS 1.3's KeyUpdate (RFC 8446, 4.6.3)

  [[nodiscard]] int socket() const { return socket_; }

private:
  bool fill(); // false: the end
  std::string take(std::size_t size);

  int socket_ = -1;
  std::unique_ptr<ssl_ctx_st, void (*)(ssl_ctx_st*)> context_;
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> tls_;
  std::string received_;
};

} // namespace triad::test
