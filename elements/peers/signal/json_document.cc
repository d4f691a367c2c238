// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/signal/json_document.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace triad::signal {

namespace {

// simdjson destroys at exit what it makes when it first reads. Made while the library is loaded, it
// lasts until after the engine, which may read a tracker's message until then.
[[maybe_unused]] const bool made = !simdjson::get_active_implementation()->name().empty();

} // namespace

Result<simdjson::dom::object> JsonDocument::parse(std::string_view text) {
  simdjson::dom::element root;
  // An empty view may have no address, which simdjson would hand to memcpy().
  const auto fault =
      text.empty() ? simdjson::EMPTY : parser_.parse(text.data(), text.size()).get(root);
  if (fault)
    return Error{
        ErrorCode::bad_message, std::string("invalid JSON: ") + simdjson::error_message(fault), {}};
  simdjson::dom::object object;
  if (root.get(object))
    return Error{ErrorCode::bad_message, "invalid message: not a JSON object", {}};
  return object;
}

std::optional<std::string_view> read_string(JsonValue value) {
  std::string_view text;
  return value.get(text) ? std::nullopt : std::optional(text);
}

std::optional<std::uint64_t> read_count(JsonValue value) {
  std::uint64_t whole = 0;
  if (!value.get(whole)) // of negative ones, too, it fails
    return whole;
  double number = 0;
  if (!value.is_double() || value.get(number) || number < 0)
    return std::nullopt;
  constexpr double end = 0x1p64;
  number = std::ceil(number);
  return number < end ? static_cast<std::uint64_t>(number)
                      : std::numeric_limits<std::uint64_t>::max();
}

std::optional<std::uint32_t> read_count32(JsonValue value) {
  const auto count = read_count(value);
  if (!count)
    return std::nullopt;
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::min(*count, most));
}

std::optional<std::string_view> read_description(JsonValue value) {
  simdjson::dom::object object;
  if (value.get(object))
    return std::nullopt;
  std::optional<std::string_view> sdp;
  for (const JsonField field : object)
    if (field.key == "sdp")
      sdp = read_string(field.value);
  return sdp;
}

} // namespace triad::signal
