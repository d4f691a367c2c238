// SPDX-License-Identifier: LGPL-2.1-or-later
// A tracker that does what a test says, byte by byte: a WebSocket server without manners.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace triad::test {

// One connection, used by the script in the server's thread. Blocking. After the client or the test
// has ended it, reads are empty and writes are lost.
class FakeSession {
public:
  explicit FakeSession(int socket) : socket_(socket) {}

  void send(std::string_view bytes); // as they are
  // One frame (RFC 6455, section 5.2), unmasked. `first`: FIN, RSV and opcode.
  void send_frame(unsigned char first, std::string_view payload);
  void send_text(std::string_view text) { send_frame(0x81, text); }

  std::string read_request();        // the HTTP header, up to its empty line
  std::string accept();              // read_request(), and the right answer to it
  std::string read_frame();          // payload, unmasked; empty at the end
  unsigned char last_opcode() const; // of read_frame(); 0 at the end
  bool last_was_masked() const;
  void read_to_end();
  std::string read_some(); // what is there, at least a byte; empty at the end

private:
  bool read_exactly(char* into, std::size_t size);

  int socket_;
  unsigned char opcode_ = 0;
  bool masked_ = false;
};

// The right answer to an upgrade request.
[[nodiscard]] std::string switching_protocols(const std::string& request);

class FakeTracker {
public:
  // `script` runs once for each connection, one after another; it is over when it returns.
  explicit FakeTracker(std::function<void(FakeSession&)> script);
  ~FakeTracker();
  FakeTracker(const FakeTracker&) = delete;
  FakeTracker& operator=(const FakeTracker&) = delete;

  [[nodiscard]] std::string url() const; // ws://127.0.0.1:PORT
  [[nodiscard]] int connections() const { return connections_; }

private:
  void serve();

  std::function<void(FakeSession&)> script_;
  int listener_ = -1;
  unsigned port_ = 0;
  std::atomic<int> connections_{0};
  std::mutex mutex_; // guards current_
  int current_ = -1;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

} // namespace triad::test
