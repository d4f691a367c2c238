// SPDX-License-Identifier: LGPL-2.1-or-later
// Where a bencoded value ends (BEP 3), in bytes that may still be arriving: libtorrent's decoder
// wants them all.
#pragma once

#include "release/hashes.h"

#include <cstddef>

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

} // namespace triad
