// SPDX-License-Identifier: LGPL-2.1-or-later
// Writing JSON: the few pieces that tracker messages are made of.
#pragma once

#include "peers/signal/ids.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace triad::signal {

// Appends `text`, which must be UTF-8, as a JSON string in quotation marks, as short as may be
// (RFC 8259, section 7). Meant for session descriptions: fast where little has to be escaped.
void append_string(std::string& out, std::string_view text);

// Twenty bytes as a string of the code points U+0000..U+00FF.
void append_binary(std::string& out, std::span<const std::uint8_t, 20> bytes);

void append_number(std::string& out, std::uint64_t number);

template <typename Tag>
void append_id(std::string& out, const Id<Tag>& id) {
  append_binary(out, id.bytes);
}

// The way back, from a string in UTF-8. Nothing unless it has exactly 20 code points, none above
// U+00FF.
[[nodiscard]] std::optional<std::array<std::uint8_t, 20>> read_binary(std::string_view text);

} // namespace triad::signal
