// SPDX-License-Identifier: LGPL-2.1-or-later
// One connection: its socket, what came but is not whole, and what could not be sent yet. It is
// small, for a tracker has one for each listener of a city.
#pragma once

#include "tracker/access/access.h"
#include "tracker/server/file_descriptor.h"
#include "tracker/server/poller.h"
#include "tracker/server/tls.h"
#include "tracker/swarms/outbox.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace triad::tracker {

class Connection {
public:
  enum class Phase : std::uint8_t {
    handshake, // of TLS
    request,   // HTTP: waits for one
    websocket,
    closing, // WebSocket: our close frame is under way, the peer's is waited for
    ending,  // nothing more to say: what is queued, then the end
  };

  Connection(std::uint64_t key, FileDescriptor socket, const TlsContext* tls);

  [[nodiscard]] ConnectionId id() const { return static_cast<ConnectionId>(key_); }
  [[nodiscard]] std::uint64_t key() const { return key_; } // its id, and what tells it from earlier
  [[nodiscard]] int socket() const { return socket_.get(); }

  [[nodiscard]] IoState shake_hands() { return tls_->handshake().state; }
  [[nodiscard]] IoResult receive(std::span<char> into);

  // Sends at once what it can and keeps the rest. False: the connection is broken.
  [[nodiscard]] bool send(std::string_view bytes);
  [[nodiscard]] bool send_queued();
  [[nodiscard]] std::size_t queued() const { return out_.size() - sent_; } // bytes
  void shut_down(); // says that nothing follows
  // Bytes that it keeps for what is not whole or not sent.
  [[nodiscard]] std::size_t waiting() const {
    return in.capacity() + message.capacity() + out_.capacity();
  }

  Phase phase;
  bool upgraded = false;   // it has been a WebSocket
  bool gone = false;       // it ends when the event under way is done with
  bool pinged = false;     // and has not been heard of since
  bool in_message = false; // further fragments of a message are to come
  Interest interest = Interest::read;
  std::optional<Refusal> refused; // why its request is not going to be served
  std::uint32_t since = 0;        // seconds: when it entered its phase or was heard of last
  Address address;
  std::unique_ptr<ConnectionPermit> permit;
  std::string in;          // a frame or request that is not whole
  std::string message;     // the fragments so far
  std::size_t counted = 0; // of waiting(), in the sum of all

private:
  [[nodiscard]] IoResult write(std::string_view bytes);

  std::uint64_t key_;
  FileDescriptor socket_;
  std::unique_ptr<TlsSession> tls_; // ends before its socket
  std::string out_;
  std::size_t sent_ = 0; // of out_
};

} // namespace triad::tracker
