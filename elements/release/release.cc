// SPDX-License-Identifier: LGPL-2.1-or-later
// Names and geometry of a release.
#include "release/release.h"

#include "release/release_data.h"

#include <algorithm>

namespace triad {

bool path_less(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c); };
    return rank(x) < rank(y);
  });
}

std::optional<FileIndex> Release::Data::find(std::string_view path) const {
  const auto at = std::lower_bound(by_path.begin(), by_path.end(), path,
                                   [this](FileIndex index, std::string_view wanted) {
                                     return path_less(files[index.value()].path, wanted);
                                   });
  if (at == by_path.end() || files[at->value()].path != path)
    return std::nullopt;
  return *at;
}

Release::Release(std::unique_ptr<const Data> data) : data_(std::move(data)) {}
Release::~Release() = default;

const std::string& Release::name() const {
  return data_->name;
}

bool Release::single_file() const {
  return data_->single_file;
}

const std::vector<ReleaseFile>& Release::files() const {
  return data_->files;
}

const ReleaseFile& Release::file(FileIndex index) const {
  return data_->files.at(index.value());
}

const std::vector<FileIndex>& Release::tracks() const {
  return data_->tracks;
}

std::optional<FileIndex> Release::find(std::string_view path) const {
  return data_->find(path);
}

std::optional<FileIndex> Release::next_track(FileIndex track) const {
  const auto& order = data_->tracks;
  const auto at = std::find(order.begin(), order.end(), track);
  if (at == order.end() || at + 1 == order.end())
    return std::nullopt;
  return at[1];
}

std::optional<Sha1> Release::info_hash_v1() const {
  return data_->info_hash_v1;
}

std::optional<Sha256> Release::info_hash_v2() const {
  return data_->info_hash_v2;
}

Sha1 Release::id() const {
  if (data_->info_hash_v1)
    return *data_->info_hash_v1;
  Sha1 truncated{};
  if (data_->info_hash_v2)
    std::copy_n(data_->info_hash_v2->begin(), truncated.size(), truncated.begin());
  return truncated;
}

const std::vector<std::vector<std::string>>& Release::trackers() const {
  return data_->trackers;
}

const std::vector<std::string>& Release::web_seeds() const {
  return data_->web_seeds;
}

bool Release::is_private() const {
  return data_->is_private;
}

bool Release::layers_complete() const {
  return data_->layers_complete;
}

std::uint64_t Release::size() const {
  return data_->size;
}

std::uint32_t Release::piece_length() const {
  return data_->piece_length;
}

std::uint32_t Release::piece_count() const {
  return data_->piece_count;
}

std::uint32_t Release::blocks_per_piece() const {
  return (data_->piece_length - 1) / block_size + 1;
}

ByteRange Release::piece_range(PieceIndex piece) const {
  const std::uint64_t begin = std::uint64_t{piece.value()} * data_->piece_length;
  return intersect({begin, begin + data_->piece_length}, {0, data_->size});
}

ByteRange Release::block_range(BlockIndex block) const {
  const ByteRange piece = piece_range(piece_of(block));
  const std::uint64_t begin =
      piece.begin + std::uint64_t{block.value() % blocks_per_piece()} * block_size;
  return intersect({begin, begin + block_size}, piece);
}

PieceIndex Release::piece_of(BlockIndex block) const {
  return PieceIndex(block.value() / blocks_per_piece());
}

BlockIndex Release::first_block(PieceIndex piece) const {
  return BlockIndex(piece.value() * blocks_per_piece());
}

std::uint32_t Release::block_count(PieceIndex piece) const {
  return static_cast<std::uint32_t>((piece_range(piece).size() + block_size - 1) / block_size);
}

PieceIndex Release::piece_at(std::uint64_t release_offset) const {
  return PieceIndex(static_cast<std::uint32_t>(release_offset / data_->piece_length));
}

ByteRange Release::to_release_space(FileIndex index, ByteRange file_range) const {
  const ReleaseFile& in = file(index);
  const ByteRange clipped = intersect(file_range, {0, in.length});
  return {in.offset + clipped.begin, in.offset + clipped.end};
}

Release::PieceSpan Release::pieces_of(ByteRange release_range) const {
  const ByteRange clipped = intersect(release_range, {0, data_->size});
  if (clipped.empty()) {
    const PieceIndex at = piece_at(std::min(release_range.begin, data_->size));
    return {at, at};
  }
  return {piece_at(clipped.begin), piece_at(clipped.end - 1) + 1};
}

std::vector<FileSegment> Release::segments(ByteRange release_range) const {
  std::vector<FileSegment> cuts;
  const auto& all = data_->files;
  auto at = std::partition_point(all.begin(), all.end(), [&](const ReleaseFile& candidate) {
    return candidate.offset + candidate.length <= release_range.begin;
  });
  for (; at != all.end() && at->offset < release_range.end; ++at) {
    const ByteRange part = intersect(release_range, {at->offset, at->offset + at->length});
    if (part.empty())
      continue;
    cuts.push_back({FileIndex(static_cast<std::uint32_t>(at - all.begin())),
                    {part.begin - at->offset, part.end - at->offset},
                    part.begin - release_range.begin});
  }
  return cuts;
}

} // namespace triad
