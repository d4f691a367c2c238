// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading JSON: one document after another, and what JavaScript's peers put into fields. Only the
// parsers' .cc files include this, for it brings simdjson along.
#pragma once

#include "peers/signal/ids.h"
#include "peers/signal/json_text.h"
#include "release/result.h"

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace triad::signal {

using JsonField = simdjson::dom::key_value_pair;
using JsonValue = simdjson::dom::element;

// Keeps its memory for the next document: some fifteen times the largest so far.
class JsonDocument {
public:
  // Every byte is checked: UTF-8, escapes, numbers, structure. The object lives until the next
  // parse(). Of keys that occur twice, the last is meant (ECMA-262, section 25.5.1).
  [[nodiscard]] Result<simdjson::dom::object> parse(std::string_view text);

private:
  static constexpr std::size_t max_bytes = 1024 * 1024;
  simdjson::dom::parser parser_{max_bytes};
};

[[nodiscard]] std::optional<std::string_view> read_string(JsonValue value);

// A number of things: rounded up, at most what fits. Nothing if negative or not a number.
[[nodiscard]] std::optional<std::uint64_t> read_count(JsonValue value);
[[nodiscard]] std::optional<std::uint32_t> read_count32(JsonValue value);

// Into `id`; it is nothing then if this is no string of 20 code points below U+0100.
template <typename Tag>
[[nodiscard]] std::optional<Id<Tag>> read_id(JsonValue value) {
  const auto text = read_string(value);
  const auto bytes = text ? read_binary(*text) : std::nullopt;
  return bytes ? std::optional(Id<Tag>{*bytes}) : std::nullopt;
}

// The text of {"type":...,"sdp":"..."}, nothing of anything else.
[[nodiscard]] std::optional<std::string_view> read_description(JsonValue value);

} // namespace triad::signal
