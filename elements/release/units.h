// SPDX-License-Identifier: LGPL-2.1-or-later
// Indices and ranges that can't be mistaken for each other.
//
// Three coordinate systems meet in Triad:
//  - file space: bytes of one file, from 0 (what a player and an HTTP range speak);
//  - release space: all files of a release laid end to end in metainfo order, pads included, each
//  v2 file
//    starting on a piece boundary (what v1 hashes and BitTorrent requests speak);
//  - pieces and blocks, which cut release space into what is verified and what is requested.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>

namespace triad {

template <typename Tag>
class Index {
public:
  constexpr Index() = default;
  constexpr explicit Index(std::uint32_t value) : value_(value) {}
  [[nodiscard]] constexpr std::uint32_t value() const { return value_; }
  constexpr auto operator<=>(const Index&) const = default;
  constexpr Index& operator++() { return ++value_, *this; }
  constexpr Index operator+(std::uint32_t n) const { return Index(value_ + n); }

private:
  std::uint32_t value_ = 0;
};

using FileIndex = Index<struct FileTag>;   // into Release::files()
using PieceIndex = Index<struct PieceTag>; // of release space
// Blocks are numbered through the release: piece * blocks per piece + block within the piece. The
// last block of a piece may be shorter than block_size.
using BlockIndex = Index<struct BlockTag>;

inline constexpr std::uint32_t block_size = 16 * 1024;

// A half-open range of bytes [begin, end); which space it lies in is said where it is used.
struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  [[nodiscard]] constexpr std::uint64_t size() const { return end - begin; }
  [[nodiscard]] constexpr bool empty() const { return begin >= end; }
  constexpr auto operator<=>(const ByteRange&) const = default;
};

[[nodiscard]] constexpr ByteRange intersect(ByteRange a, ByteRange b) {
  const std::uint64_t begin = std::max(a.begin, b.begin);
  return {begin, std::max(begin, std::min(a.end, b.end))};
}

} // namespace triad
