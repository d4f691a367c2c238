// SPDX-License-Identifier: LGPL-2.1-or-later
// The SHA-256 trees of BEP 52: leaves are 16 KiB blocks, padded with zero hashes.
#pragma once

#include "release/hashes.h"

#include <cstdint>
#include <vector>

namespace triad {

// The root of the tree over `nodes`, filled up with `pad` to `width` nodes. `width`: a power of
// two, no less than nodes.size().
[[nodiscard]] Sha256 merkle_root(std::vector<Sha256> nodes, std::uint64_t width, const Sha256& pad);

// The root of a tree of `leaves` zero hashes (a power of two): what pads a piece layer.
[[nodiscard]] Sha256 merkle_pad(std::uint64_t leaves);

// The root over a file's bytes, or a part of it that starts on a block: blocks are hashed at their
// own length, and filled up to `leaves` leaves with zero hashes.
[[nodiscard]] Sha256 merkle_root_of(Bytes bytes, std::uint64_t leaves);

} // namespace triad
