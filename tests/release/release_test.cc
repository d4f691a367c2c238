// SPDX-License-Identifier: LGPL-2.1-or-later
// Geometry: pieces, blocks and files of releases that libtorrent made.
#include "release/release.h"

#include "kit/releases.h"

#include <boost/test/unit_test.hpp>

using namespace triad;

namespace {

// One release of each shape that the formats allow.
std::vector<kit::ReleaseSpec> shapes() {
  std::vector<kit::ReleaseSpec> all;
  const auto add = [&all](kit::Format format, std::uint32_t piece_length, bool pads, bool tail) {
    kit::ReleaseSpec spec;
    spec.files = kit::small_album();
    spec.format = format;
    spec.piece_length = piece_length;
    spec.pads = pads;
    spec.tail_pad = tail;
    all.push_back(std::move(spec));
  };
  for (const std::uint32_t piece_length : {5'000u, 16'384u, 40'000u, 65'536u, 1u << 20})
    add(kit::Format::v1, piece_length, false, false);
  for (const std::uint32_t piece_length : {16'384u, 65'536u, 1u << 20}) {
    add(kit::Format::v1, piece_length, true, true);
    add(kit::Format::hybrid, piece_length, true, false);
    add(kit::Format::hybrid, piece_length, true, true);
    add(kit::Format::v2, piece_length, false, false);
  }
  return all;
}

// A v1 release of two files, 12,000 and 6,000 bytes, in pieces of 5,000.
ReleasePtr odd_release() {
  kit::ReleaseSpec spec;
  spec.files = {{"a.ogg", kit::random_content(1, 12'000)},
                {"b.ogg", kit::random_content(2, 6'000)}};
  spec.format = kit::Format::v1;
  spec.piece_length = 5'000;
  return kit::make_release(spec);
}

} // namespace

BOOST_AUTO_TEST_SUITE(release)

BOOST_AUTO_TEST_CASE(pieces_tile_release_space_and_blocks_tile_pieces) {
  for (const kit::ReleaseSpec& spec : shapes()) {
    const ReleasePtr release = kit::make_release(spec);
    std::uint64_t covered = 0;
    for (PieceIndex piece; piece.value() < release->piece_count(); ++piece) {
      const ByteRange range = release->piece_range(piece);
      BOOST_REQUIRE(range.begin == covered);
      BOOST_REQUIRE(range.size() <= release->piece_length());
      BOOST_REQUIRE((release->piece_at(range.begin) == piece));
      BOOST_REQUIRE((release->piece_at(range.end - 1) == piece));
      BOOST_REQUIRE(release->block_count(piece) <= release->blocks_per_piece());
      for (std::uint32_t n = 0; n < release->block_count(piece); ++n) {
        const BlockIndex block = release->first_block(piece) + n;
        BOOST_REQUIRE((release->piece_of(block) == piece));
        BOOST_REQUIRE(release->block_range(block).begin == covered);
        BOOST_REQUIRE(!release->block_range(block).empty());
        BOOST_REQUIRE(release->block_range(block).size() <= block_size);
        covered = release->block_range(block).end;
      }
      BOOST_REQUIRE(covered == range.end);
    }
    BOOST_TEST(covered == release->size());
  }
}

BOOST_AUTO_TEST_CASE(segments_lead_from_every_range_to_its_files) {
  for (const kit::ReleaseSpec& spec : shapes()) {
    const ReleasePtr release = kit::make_release(spec);
    for (PieceIndex piece; piece.value() < release->piece_count(); ++piece) {
      const ByteRange range = release->piece_range(piece);
      std::uint64_t covered = 0;
      for (const FileSegment& segment : release->segments(range)) {
        BOOST_REQUIRE(!segment.range.empty());
        BOOST_REQUIRE(segment.range.end <= release->file(segment.file).length);
        BOOST_REQUIRE(segment.offset_in_span >= covered); // in order, without overlap
        const ByteRange back = release->to_release_space(segment.file, segment.range);
        BOOST_REQUIRE(back.begin == range.begin + segment.offset_in_span);
        covered = segment.offset_in_span + segment.range.size();
      }
      // Only v2 has gaps.
      BOOST_TEST((spec.format == kit::Format::v2 || covered == range.size()));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_piece_of_v1_may_hold_two_files) {
  const ReleasePtr release = odd_release();
  BOOST_TEST(release->piece_count() == 4u);
  BOOST_TEST(release->blocks_per_piece() == 1u);
  BOOST_TEST((release->piece_range(PieceIndex(2)) == ByteRange{10'000, 15'000}));
  BOOST_TEST((release->piece_range(PieceIndex(3)) == ByteRange{15'000, 18'000}));
  const auto segments = release->segments({10'000, 15'000});
  BOOST_REQUIRE(segments.size() == 2u);
  BOOST_TEST((segments[0].range == ByteRange{10'000, 12'000}));
  BOOST_TEST((segments[1].range == ByteRange{0, 3'000}));
  BOOST_TEST(segments[1].offset_in_span == 2'000u);
}

BOOST_AUTO_TEST_CASE(a_v2_gap_belongs_to_no_file) {
  kit::ReleaseSpec spec;
  spec.files = {{"a.ogg", kit::random_content(1, 20'000)}, {"b.ogg", kit::random_content(2, 100)}};
  spec.format = kit::Format::v2;
  const ReleasePtr release = kit::make_release(spec);
  BOOST_TEST(release->segments({20'000, 32'768}).empty());
  const auto segments = release->segments({16'384, 40'000});
  BOOST_REQUIRE(segments.size() == 2u);
  BOOST_TEST((segments[0].range == ByteRange{16'384, 20'000}));
  BOOST_TEST((segments[1].range == ByteRange{0, 100}));
  BOOST_TEST(segments[1].offset_in_span == 16'384u);
}

BOOST_AUTO_TEST_CASE(ranges_are_rounded_out_to_pieces) {
  const ReleasePtr release = odd_release();
  const auto pieces = [&release](std::uint64_t begin, std::uint64_t end) {
    const auto span = release->pieces_of({begin, end});
    return std::pair(span.begin.value(), span.end.value());
  };
  BOOST_TEST((pieces(0, 1) == std::pair(0u, 1u)));
  BOOST_TEST((pieces(4'999, 5'001) == std::pair(0u, 2u)));
  BOOST_TEST((pieces(5'000, 10'000) == std::pair(1u, 2u)));
  BOOST_TEST((pieces(0, 1'000'000) == std::pair(0u, 4u)));
  BOOST_TEST((pieces(7'000, 7'000) == std::pair(1u, 1u)));
  BOOST_TEST((pieces(1'000'000, 2'000'000).first == pieces(1'000'000, 2'000'000).second));
}

BOOST_AUTO_TEST_CASE(a_file_range_is_clipped_at_the_files_end) {
  const ReleasePtr release = odd_release();
  BOOST_TEST(
      (release->to_release_space(FileIndex(1), {5'000, 9'000}) == ByteRange{17'000, 18'000}));
  BOOST_TEST(release->to_release_space(FileIndex(0), {12'000, 13'000}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
