// SPDX-License-Identifier: LGPL-2.1-or-later
// WebSocket frames (RFC 6455) of a WebTorrent peer, made and told apart without a JSON library.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace triad::load {

// Always the key of RFC 6455 section 1.3, so that every server's answer is the same bytes.
inline constexpr std::string_view upgrade_accepted = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
[[nodiscard]] std::string upgrade_request(std::string_view host, std::string_view path);

// One frame at the start of `bytes`, as a server sends it (not masked).
struct Frame {
  unsigned opcode;
  std::string_view payload;
  std::size_t size; // with its header
};
inline constexpr unsigned text_frame = 1, close_frame = 8, ping_frame = 9, pong_frame = 10;
// nullopt: not complete yet.
[[nodiscard]] std::optional<Frame> first_frame(std::string_view bytes);

// What a text frame of a tracker is.
enum class Kind { reply, offer, answer, failure, other };
[[nodiscard]] Kind kind_of(std::string_view payload);
// The characters of a JSON string as they are written, escapes and all; empty: not there.
[[nodiscard]] std::string_view string_member(std::string_view payload, std::string_view name);
[[nodiscard]] std::uint64_t number_member(std::string_view payload, std::string_view name);

// 20 random bytes as such an id is written in JSON: half of them two bytes of UTF-8, two of them
// escaped, as is usual of random bytes; always of the same length, so that announces are, too.
[[nodiscard]] std::string binary_id(std::mt19937_64& random);
// As WebTorrent makes them: "-WW0300-" and 12 letters.
[[nodiscard]] std::string peer_id(std::mt19937_64& random);

// What the tracker would send; for the bare loop, which sends the same bytes.
[[nodiscard]] std::string server_frame(std::string_view payload);
[[nodiscard]] std::string sample_reply(std::mt19937_64& random);
[[nodiscard]] std::string sample_relay(std::mt19937_64& random);

enum class Event { started, update, stopped };

// Makes masked frames. Every view lives until the next call.
class FrameWriter {
public:
  explicit FrameWriter(std::uint64_t seed) : random_(seed) {}

  // An announce has the same length for the events started and update.
  std::string_view announce(std::string_view swarm, std::string_view peer, unsigned offers,
                            Event event);
  std::string_view answer(std::string_view swarm, std::string_view peer, std::string_view to,
                          std::string_view offer_id);
  std::string_view control(unsigned opcode, std::string_view payload);

private:
  std::string_view finish(unsigned opcode);
  std::mt19937_64 random_;
  std::string frame_; // begins with room for the longest header
};

} // namespace triad::load
