// SPDX-License-Identifier: LGPL-2.1-or-later
// Bencoding (BEP 3) without libtorrent's decoder, which wants all bytes at once and costs memory
// for each token: where a value ends, in bytes that may still be arriving, and what a small
// dictionary says.
#pragma once

#include "release/hashes.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace triad {

enum class Scan {
  whole,
  cut_short, // more bytes may complete it
  malformed, // no bytes can; or nested deeper than max_depth
};

// Moves `at` (no more than bytes.size()) behind the value that starts there, if that is whole.
// What is between brackets is not looked at closer than that.
[[nodiscard]] Scan skip_value(Bytes bytes, std::size_t& at);

// The same for a string alone, whose bytes are put into `text`.
[[nodiscard]] Scan skip_string(Bytes bytes, std::size_t& at, Bytes& text);

// The raw value of `key` in `dictionary`, the first one if there are several; empty if there is
// none, or if `dictionary` is no well-formed dictionary up to there.
[[nodiscard]] Bytes find_value(Bytes dictionary, std::string_view key);
// What a raw value says, if it is an integer of at most 64 bits, or a string.
[[nodiscard]] std::optional<std::int64_t> integer_of(Bytes value);
[[nodiscard]] std::optional<Bytes> string_of(Bytes value);

} // namespace triad
