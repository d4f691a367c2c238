// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/wire/hash_tree.h"

#include "peers/wire/numbers.h"
#include "release/merkle.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace triad::wire {

namespace {

std::uint32_t log2(std::uint32_t power) {
  return static_cast<std::uint32_t>(std::countr_zero(power));
}

// Layers between a layer of `width` hashes and the root, both left out.
std::uint32_t layers_between(std::uint32_t width) {
  return log2(width) - 1;
}

// How many uncles prove `length` hashes up to `proof_layers` above them. What the asked hashes
// themselves give, up to their ancestor's children, is not among them.
std::uint32_t uncle_count(std::uint32_t length, std::uint32_t proof_layers) {
  const std::uint32_t own = log2(length) - 1;
  return proof_layers > own ? proof_layers - own : 0;
}

Sha256 hash_at(Bytes hashes, std::size_t index) {
  Sha256 hash;
  std::memcpy(hash.data(), hashes.data() + index * hash.size(), hash.size());
  return hash;
}

Sha256 pad_of(const LayerShape& shape) {
  return merkle_pad(std::uint64_t{1} << shape.base_layer);
}

bool fits(const LayerShape& shape, const HashRequest& request) {
  return request.base_layer == shape.base_layer && request.length >= 2 &&
         request.length <= max_hashes && std::has_single_bit(request.length) &&
         request.length <= shape.width && request.index % request.length == 0 &&
         request.index < shape.width && request.proof_layers <= layers_between(shape.width);
}

} // namespace

std::optional<LayerShape> layer_shape(const Release& release, FileIndex file) {
  const auto root = release.root(file);
  const std::uint64_t length = release.file(file).length;
  const std::uint32_t piece = release.piece_length();
  if (!root || length <= piece)
    return std::nullopt;
  LayerShape shape;
  shape.root = *root;
  shape.base_layer = log2(piece / block_size);
  shape.pieces = static_cast<std::uint32_t>((length - 1) / piece + 1);
  shape.width = std::bit_ceil(shape.pieces);
  return shape;
}

std::uint32_t request_count(const LayerShape& shape) {
  return (shape.pieces - 1) / max_hashes + 1;
}

HashRequest layer_request(const LayerShape& shape, std::uint32_t number) {
  const std::uint32_t length = std::min(shape.width, max_hashes);
  return {shape.root, shape.base_layer, number * length, length, layers_between(shape.width)};
}

bool proven(const LayerShape& shape, const HashRequest& request, Bytes hashes) {
  const std::uint32_t uncles = uncle_count(request.length, request.proof_layers);
  if (!fits(shape, request) ||
      hashes.size() != std::size_t{request.length + uncles} * sizeof(Sha256))
    return false;
  const Sha256 pad = pad_of(shape);
  std::vector<Sha256> base;
  for (std::uint32_t at = 0; at < request.length; ++at)
    base.push_back(hash_at(hashes, at));
  for (std::uint32_t at = 0; at < request.length; ++at)
    if (request.index + at >= shape.pieces && base[at] != pad)
      return false;
  Sha256 known = merkle_root(std::move(base), request.length, pad);
  std::uint32_t index = request.index / request.length;
  for (std::uint32_t at = 0; at < uncles; ++at, index /= 2) {
    const Sha256 uncle = hash_at(hashes, request.length + at);
    known =
        index % 2 == 0 ? merkle_root({known, uncle}, 2, pad) : merkle_root({uncle, known}, 2, pad);
  }
  return index == 0 && known == shape.root;
}

HashAnswers::HashAnswers(ReleasePtr release) : release_(std::move(release)) {
  for (std::uint32_t at = 0; at < release_->files().size(); ++at) {
    const FileIndex file(at);
    const auto shape = layer_shape(*release_, file);
    if (shape && !release_->piece_layer(file).empty())
      trees_.try_emplace(shape->root, Tree{file, *shape, {}, {}});
  }
}

void HashAnswers::grow(Tree& tree) const {
  const auto layer = release_->piece_layer(tree.file);
  tree.padding.push_back(pad_of(tree.shape));
  std::vector<Sha256> below(layer.begin(), layer.end());
  for (std::uint32_t width = tree.shape.width; width > 2; width /= 2) {
    const Sha256 pad = tree.padding.back();
    std::vector<Sha256> above;
    for (std::size_t at = 0; at < below.size(); at += 2)
      above.push_back(
          merkle_root({below[at], at + 1 < below.size() ? below[at + 1] : pad}, 2, pad));
    tree.padding.push_back(merkle_root({pad, pad}, 2, pad));
    tree.upper.push_back(above);
    below = std::move(above);
  }
}

// `height`: 0 is the piece layer.
Sha256 HashAnswers::node(const Tree& tree, std::uint32_t height, std::uint32_t index) const {
  const std::span<const Sha256> layer =
      height == 0 ? release_->piece_layer(tree.file) : std::span(tree.upper[height - 1]);
  return index < layer.size() ? layer[index] : tree.padding[height];
}

std::optional<std::vector<std::byte>> HashAnswers::answer(const HashRequest& request) {
  const auto found = trees_.find(request.root);
  if (found == trees_.end() || !fits(found->second.shape, request))
    return std::nullopt;
  Tree& tree = found->second;
  if (tree.padding.empty())
    grow(tree);
  std::vector<std::byte> out;
  for (std::uint32_t at = 0; at < request.length; ++at)
    append_bytes(out, node(tree, 0, request.index + at));
  std::uint32_t index = request.index / request.length;
  for (std::uint32_t at = 0; at < uncle_count(request.length, request.proof_layers); ++at) {
    append_bytes(out, node(tree, log2(request.length) + at, index ^ 1u));
    index /= 2;
  }
  return out;
}

} // namespace triad::wire
