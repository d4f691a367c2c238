// SPDX-License-Identifier: LGPL-2.1-or-later
#include "wire/talk.h"

#include "peers/wire/stream.h"

#include <stdexcept>

namespace triad::wire::test {

PeerId id_of(std::uint8_t number) {
  PeerId id;
  id.fill(std::byte{number});
  return id;
}

ConversationSettings settings_of(std::uint8_t number, bool v2) {
  ConversationSettings settings;
  settings.info_hash = release_hash;
  settings.own_id = id_of(number);
  settings.v2 = v2;
  return settings;
}

const kit::ReleaseSpec& two_pieces() {
  static const kit::ReleaseSpec spec = [] {
    kit::ReleaseSpec made;
    made.name = "song.ogg";
    made.files = {{"song.ogg", kit::random_content(1, 40 * 1024)}};
    made.single_file = true;
    made.format = kit::Format::v1;
    made.piece_length = 32 * 1024;
    return made;
  }();
  return spec;
}

ConversationContent content_of(const ReleasePtr& release, bool have_all) {
  return {release, std::vector<bool>(release->piece_count(), have_all), nullptr};
}

std::vector<std::byte> handshake(bool fast, bool v2) {
  std::vector<std::byte> out;
  append(out, Handshake{release_hash, id_of(9), true, fast, v2});
  return out;
}

std::vector<std::byte> bytes_of(const Message& message) {
  std::vector<std::byte> out;
  append(out, message);
  return out;
}

std::vector<std::byte> extended(std::uint8_t id, std::string_view payload) {
  return bytes_of(Extended{id, std::as_bytes(std::span(payload))});
}

std::vector<std::vector<std::byte>> messages_in(const std::vector<std::byte>& output) {
  MessageStream stream(64 * 1024 * 1024);
  stream.add(output);
  std::vector<std::vector<std::byte>> messages;
  for (;;) {
    const auto next = stream.next();
    if (!next)
      throw std::runtime_error("the output is no stream of messages");
    if (!*next)
      return messages;
    messages.emplace_back((*next)->begin(), (*next)->end());
  }
}

Talk::Talk(bool fast, bool have_all, bool v2, const kit::ReleaseSpec& spec)
    : release(kit::make_release(spec)),
      conversation(settings_of(1, v2), content_of(release, have_all)) {
  if (conversation.take_output().size() != 68 || !say(handshake(fast, v2)))
    throw std::runtime_error("no handshake");
  (void)next<HandshakeReceived>();
  (void)output();
}

Status Talk::say(const std::vector<std::byte>& bytes) {
  last_ = bytes; // events may point into it
  return conversation.receive(last_);
}

std::vector<std::vector<std::byte>> Talk::output() {
  std::vector<std::byte> all;
  for (;;) {
    const auto more = conversation.take_output();
    if (more.empty())
      return messages_in(all);
    all.insert(all.end(), more.begin(), more.end());
  }
}

} // namespace triad::wire::test
