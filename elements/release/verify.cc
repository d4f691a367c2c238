// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a piece's bytes are the right ones.
#include "release/merkle.h"
#include "release/release.h"
#include "release/release_data.h"

#include <algorithm>
#include <bit>

namespace triad {

namespace {

enum class Agreement { none_to_check, agrees, differs, not_known };

bool all_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](std::byte byte) { return byte == std::byte{}; });
}

std::uint64_t blocks_in(std::uint64_t bytes) {
  return (bytes + block_size - 1) / block_size;
}

Agreement check_v1(const Release::Data& data, PieceIndex piece, Bytes bytes) {
  if (data.pieces.empty())
    return Agreement::none_to_check;
  return sha1(bytes) == data.pieces[piece.value()] ? Agreement::agrees : Agreement::differs;
}

// `part` is where the piece lies in its one file; `bytes` holds the same part and nothing else.
Agreement check_tree(const Release::Data& data, const ReleaseFile& file,
                     const Release::Data::Tree& tree, ByteRange part, Bytes bytes) {
  if (file.length <= data.piece_length) {
    const Sha256 root = merkle_root_of(bytes, std::bit_ceil(blocks_in(file.length)));
    return root == tree.root ? Agreement::agrees : Agreement::differs;
  }
  if (tree.layer.empty())
    return Agreement::not_known;
  const Sha256 root = merkle_root_of(bytes, data.piece_length / block_size);
  return root == tree.layer[static_cast<std::size_t>(part.begin / data.piece_length)]
             ? Agreement::agrees
             : Agreement::differs;
}

Agreement check_v2(const Release::Data& data, const std::vector<FileSegment>& segments,
                   Bytes bytes) {
  if (data.trees.empty())
    return Agreement::none_to_check;
  // v2 files start on piece borders, so a piece holds one file, then zeros.
  Agreement agreement = Agreement::none_to_check;
  std::size_t end = 0;
  for (const FileSegment& segment : segments) {
    const ReleaseFile& file = data.files[segment.file.value()];
    if (file.pad)
      continue;
    end = static_cast<std::size_t>(segment.range.size());
    agreement = check_tree(data, file, data.trees[segment.file.value()], segment.range,
                           bytes.subspan(static_cast<std::size_t>(segment.offset_in_span), end));
  }
  if (!all_zero(bytes.subspan(end)))
    return Agreement::differs;
  return agreement;
}

} // namespace

Release::Verdict Release::verify(PieceIndex piece, Bytes bytes) const {
  if (piece.value() >= data_->piece_count || bytes.size() != piece_range(piece).size())
    return Verdict::bad;
  const Agreement v1 = check_v1(*data_, piece, bytes);
  const Agreement v2 = check_v2(*data_, segments(piece_range(piece)), bytes);
  if (v2 == Agreement::not_known) {
    if (v1 == Agreement::agrees)
      return Verdict::provisional;
    return v1 == Agreement::differs ? Verdict::bad : Verdict::unknown;
  }
  const bool agrees = v1 == Agreement::agrees || v2 == Agreement::agrees;
  const bool differs = v1 == Agreement::differs || v2 == Agreement::differs;
  if (agrees && differs)
    return Verdict::inconsistent;
  return agrees ? Verdict::good : Verdict::bad;
}

} // namespace triad
