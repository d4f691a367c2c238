// SPDX-License-Identifier: LGPL-2.1-or-later
// Hashes of a file's v2 tree as peers ask for them and prove them (BEP 52). Pure.
//
// A request names hashes of one layer and how many layers above it are to be proven. The answer
// holds these hashes, then the uncles: from the sibling of the asked hashes' common ancestor
// upwards, up to just below the root.
#pragma once

#include "peers/wire/messages.h"
#include "release/release.h"

#include <map>
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

// Answers peers' requests about one release. Keeps the layers above each piece layer that was asked
// for, which are as many hashes again: a peer that asks on and on must not make us hash.
class HashAnswers {
public:
  explicit HashAnswers(ReleasePtr release);
  // Hashes and uncles. Nothing if that can't be given: another file, a layer other than the
  // pieces', a piece layer that isn't known, or numbers that don't fit.
  [[nodiscard]] std::optional<std::vector<std::byte>> answer(const HashRequest& request);

private:
  struct Tree {
    FileIndex file;
    LayerShape shape;
    // Above the piece layer, up to below the root; only what stands for bytes.
    std::vector<std::vector<Sha256>> upper;
    std::vector<Sha256> padding; // of the piece layer, and of each of these
  };
  [[nodiscard]] Sha256 node(const Tree& tree, std::uint32_t height, std::uint32_t index) const;
  void grow(Tree& tree) const;

  ReleasePtr release_;
  std::map<Sha256, Tree> trees_; // by root
};

} // namespace triad::wire
