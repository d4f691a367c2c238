// SPDX-License-Identifier: LGPL-2.1-or-later
// Cuts a byte stream into messages: data channels split and join them as they like. Pure.
#pragma once

#include "peers/wire/messages.h"

namespace triad::wire {

// Holds one unfinished message at most, and no more memory than the two longest ones allowed.
class MessageStream {
public:
  // `longest`: of a message's payload, in bytes; see set_longest().
  explicit MessageStream(std::uint32_t longest) : longest_(longest) {}
  void set_longest(std::uint32_t bytes) { longest_ = bytes; }

  // More bytes. Take all messages out with next() before the next add(): what next() gives lasts
  // until then, and as long as `bytes`, for it points there where a message lies in them whole.
  void add(Bytes bytes);
  // The next whole handshake (once, first) or message payload; nothing: more bytes are needed.
  // Errors: bad_message, final.
  [[nodiscard]] Result<std::optional<Bytes>> next_handshake();
  [[nodiscard]] Result<std::optional<Bytes>> next();

private:
  // The next `size` bytes; if they are not all there, what is there is held.
  [[nodiscard]] std::optional<Bytes> take(std::size_t size);
  // The first bytes of what is to come, up to `size`, without taking them.
  [[nodiscard]] std::array<std::byte, 4> peek() const;

  std::uint32_t longest_;
  std::vector<std::byte> held_;     // the beginning of a message
  std::vector<std::byte> finished_; // one that was held and is handed out
  Bytes fresh_;                     // what was added and not looked at
};

} // namespace triad::wire
