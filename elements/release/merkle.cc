// SPDX-License-Identifier: LGPL-2.1-or-later
#include "release/merkle.h"

#include "release/units.h"

#include <algorithm>

namespace triad {

namespace {

Sha256 parent(const Sha256& left, const Sha256& right) {
  std::array<std::byte, 64> both;
  std::copy(left.begin(), left.end(), both.begin());
  std::copy(right.begin(), right.end(), both.begin() + 32);
  return sha256(both);
}

} // namespace

Sha256 merkle_root(std::vector<Sha256> nodes, std::uint64_t width, const Sha256& pad) {
  // Only nodes with content are stored; what lies right of them is `filler` on every level.
  Sha256 filler = pad;
  for (; width > 1; width /= 2) {
    if (nodes.size() % 2 == 1)
      nodes.push_back(filler);
    for (std::size_t at = 0; at < nodes.size() / 2; ++at)
      nodes[at] = parent(nodes[2 * at], nodes[2 * at + 1]);
    nodes.resize(nodes.size() / 2);
    filler = parent(filler, filler);
  }
  return nodes.empty() ? filler : nodes.front();
}

Sha256 merkle_pad(std::uint64_t leaves) {
  return merkle_root({}, leaves, Sha256{});
}

Sha256 merkle_root_of(Bytes bytes, std::uint64_t leaves) {
  std::vector<Sha256> nodes;
  nodes.reserve(bytes.size() / block_size + 2);
  for (; !bytes.empty(); bytes = bytes.subspan(std::min<std::size_t>(block_size, bytes.size())))
    nodes.push_back(sha256(bytes.first(std::min<std::size_t>(block_size, bytes.size()))));
  return merkle_root(std::move(nodes), leaves, Sha256{});
}

} // namespace triad
