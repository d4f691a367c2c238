// SPDX-License-Identifier: LGPL-2.1-or-later
// Cuts a byte stream into messages: data channels split and join them as they like. Pure.
#pragma once

#include "peers/wire/messages.h"

namespace triad::wire {

// Holds one unfinished message at most, and no more memory than the longest one allowed.
class MessageStream {
public:
  // `longest`: of a message's payload, in bytes; see set_longest().
  explicit MessageStream(std::uint32_t longest) : longest_(longest) {}
  void set_longest(std::uint32_t bytes) { longest_ = bytes; }

  // More bytes. Take all messages out with next() before the next add(): views point into `bytes`
  // where a message lies in them whole.
  void add(Bytes bytes);
  // The next whole handshake (once, first) or message payload; nothing: more bytes are needed.
  // Errors: bad_message, final.
  [[nodiscard]] Result<std::optional<Bytes>> next_handshake();
  [[nodiscard]] Result<std::optional<Bytes>> next();

private:
  [[nodiscard]] std::optional<Bytes> take(std::size_t size);

  std::uint32_t longest_;
  std::vector<std::byte> held_; // the beginning of a message
  Bytes fresh_;                 // what was added and not looked at
  bool clear_held_ = false;     // it was handed out last
};

} // namespace triad::wire
