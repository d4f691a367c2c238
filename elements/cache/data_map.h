// SPDX-License-Identifier: LGPL-2.1-or-later
// Which bytes of a sparse file are stored, as the filesystem tells (SEEK_DATA and SEEK_HOLE).
//
// A hint, in both directions: where a filesystem knows no holes, everything looks stored; where it
// drops zeros, stored zeros look like a hole. Hashes and the index have the last word.
#pragma once

#include "release/units.h"

#include <vector>

namespace triad::cache {

// Ascending, disjoint. One range over everything where the filesystem can't tell.
[[nodiscard]] std::vector<ByteRange> stored_ranges(int fd, std::uint64_t size);

[[nodiscard]] bool covers(const std::vector<ByteRange>& ranges, ByteRange range);

} // namespace triad::cache
