// SPDX-License-Identifier: LGPL-2.1-or-later
// Conversations to test: two that talk to each other in chunks, or one and what a test writes by
// hand.
#pragma once

#include "kit/random.h"
#include "kit/releases.h"
#include "peers/wire/conversation.h"

#include <string_view>

namespace triad::wire::test {

inline constexpr Sha1 release_hash{std::byte{7}};

[[nodiscard]] PeerId id_of(std::uint8_t number);
[[nodiscard]] ConversationSettings settings_of(std::uint8_t number, bool v2 = false);
// 40 KiB in pieces of 32 KiB: two pieces, three blocks, the last one of 8 KiB.
[[nodiscard]] const kit::ReleaseSpec& two_pieces();
[[nodiscard]] ConversationContent content_of(const ReleasePtr& release, bool have_all);

// What a hand-written peer says.
[[nodiscard]] std::vector<std::byte> handshake(bool fast = true, bool v2 = false);
[[nodiscard]] std::vector<std::byte> bytes_of(const Message& message);
[[nodiscard]] std::vector<std::byte> extended(std::uint8_t id, std::string_view payload);

// All messages in what a conversation sent; its handshake must have been taken.
[[nodiscard]] std::vector<std::vector<std::byte>> messages_in(const std::vector<std::byte>& output);

// A conversation that shook hands with a hand-written peer.
class Talk {
public:
  explicit Talk(bool fast = true, bool have_all = true, bool v2 = false,
                const kit::ReleaseSpec& spec = two_pieces());
  // Says it to the conversation. Errors: what receive() says.
  Status say(const std::vector<std::byte>& bytes);
  Status say(const Message& message) { return say(bytes_of(message)); }
  // The next event, which must be of this type.
  template <typename Event>
  Event next() {
    const auto event = conversation.poll();
    if (!event || !std::holds_alternative<Event>(*event))
      throw std::runtime_error("not the expected event");
    return std::get<Event>(*event);
  }
  // The messages that came out since the last time.
  std::vector<std::vector<std::byte>> output();

  ReleasePtr release;
  Conversation conversation;

private:
  std::vector<std::byte> last_;
};

} // namespace triad::wire::test
