// SPDX-License-Identifier: LGPL-2.1-or-later
// Redis's protocol (RESP2) by hiredis: commands are encoded, replies parsed, within bounds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace triad::tracker::redis {

struct Reply {
  enum class Kind : std::uint8_t { nil, text, error, integer, array };
  Kind kind = Kind::nil;
  std::int64_t integer = 0;
  std::string text; // of a text or an error: bytes
  std::vector<Reply> elements;

  [[nodiscard]] bool is(std::string_view word) const { return kind == Kind::text && text == word; }
};

// Appends one command; words may hold any bytes.
void append_command(std::string& out, std::span<const std::string_view> words);
[[nodiscard]] std::string command(std::initializer_list<std::string_view> words);

// Cuts a stream of bytes into replies.
class ReplyReader {
public:
  static constexpr std::size_t max_elements = 65536;        // of one reply, all levels together
  static constexpr std::size_t max_bytes = 4 * 1024 * 1024; // of one reply

  ReplyReader();
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  void feed(std::string_view bytes);
  // nullopt: more bytes are needed, or garbled().
  [[nodiscard]] std::optional<Reply> next();
  // What came is not Redis's protocol, or beyond the bounds. For good.
  [[nodiscard]] bool garbled() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace triad::tracker::redis
