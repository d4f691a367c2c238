// SPDX-License-Identifier: LGPL-2.1-or-later
// Hashes of a file's v2 tree as peers ask for them and prove them (BEP 52). Pure.
//
// A request names hashes of one layer and how many layers above it are to be proven. The answer
// holds these hashes, then the uncles: from the sibling of the asked hashes' common ancestor
// upwards, up to just below the root.
#pragma once

#include "peers/wire/messages.h"
#include "release/release.h"

#include <vector>

namespace triad::wire {

inline constexpr std::uint32_t max_hashes = 512; // in one request

// One file's piece layer, seen as a layer of its tree.
struct LayerShape {
  Sha256 root{};
  std::uint32_t base_layer = 0; // how far the piece layer is above the blocks
  std::uint32_t pieces = 0;     // hashes that stand for bytes; at least 2
  std::uint32_t width = 0;      // with the padding: a power of two
};

// Nothing for a file that has no piece layer: v1, or no longer than a piece.
[[nodiscard]] std::optional<LayerShape> layer_shape(const Release& release, FileIndex file);

// Requests for the whole layer, in order, all proven up to the root.
[[nodiscard]] std::uint32_t request_count(const LayerShape& shape);
[[nodiscard]] HashRequest layer_request(const LayerShape& shape, std::uint32_t number);

// Whether `hashes` is what `request` asks for of a tree of that shape, and leads to its root.
// `request` is one of layer_request().
[[nodiscard]] bool proven(const LayerShape& shape, const HashRequest& request, Bytes hashes);

// The answer to a peer's request: hashes and uncles. Nothing if it can't be given: another file, a
// layer other than the pieces', a piece layer that isn't known, or numbers that don't fit.
[[nodiscard]] std::optional<std::vector<std::byte>> answer(const Release& release,
                                                           const HashRequest& request);

} // namespace triad::wire
