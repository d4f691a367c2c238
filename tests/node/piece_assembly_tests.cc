// SPDX-License-Identifier: LGPL-2.1-or-later
// Bytes to blocks to pieces, with pads, gaps, overlaps and rubbish.
#include "node/bad_pieces.h"
#include "node/piece_assembly.h"

#include "kit/releases.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace triad;

namespace {

const auto none_done = [](PieceIndex) { return false; };

ReleasePtr padded_release() {
  kit::ReleaseSpec spec;
  spec.piece_length = 64 * 1024;
  spec.files["1.mp3"] = kit::random_content(1, 70'000); // a piece, a part of one, a pad
  spec.files["2.mp3"] = kit::random_content(2, 100'000);
  return kit::make_release(spec);
}

} // namespace

BOOST_AUTO_TEST_SUITE(piece_assembly)

BOOST_AUTO_TEST_CASE(pads_are_there_from_the_start) {
  const auto release = padded_release();
  PieceAssembly assembly(*release);
  const ByteRange second = release->piece_range(PieceIndex(1));
  const auto missing = assembly.missing(second);
  BOOST_REQUIRE(missing.size() == 1u);
  BOOST_TEST((missing[0] == ByteRange{65'536, 70'000}));
  const std::vector<std::byte> bytes(70'000 - 65'536, std::byte{7});
  const auto added = assembly.add(65'536, bytes, server_id, none_done);
  BOOST_TEST(added.blocks.size() == 1u);
  BOOST_REQUIRE(added.pieces.size() == 1u);
  BOOST_TEST(added.pieces[0].value() == 1u);
  const auto whole = assembly.take(PieceIndex(1)).bytes;
  BOOST_TEST(whole.size() == second.size());
  BOOST_TEST((whole[0] == std::byte{7}));
  BOOST_TEST((whole.back() == std::byte{0}));
}

BOOST_AUTO_TEST_CASE(parts_in_any_order_make_blocks_once) {
  const auto release = padded_release();
  PieceAssembly assembly(*release);
  std::vector<std::byte> bytes(65'536);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(i * 31);
  std::vector<std::uint32_t> blocks;
  std::size_t pieces = 0;
  for (const ByteRange part : {ByteRange{50'000, 65'536}, ByteRange{0, 12'288},
                               ByteRange{12'288, 24'576}, ByteRange{24'576, 50'000}}) {
    const auto added = assembly.add(part.begin, Bytes(bytes).subspan(part.begin, part.size()),
                                    server_id, none_done);
    BOOST_TEST(added.wasted == 0u);
    for (const auto block : added.blocks)
      blocks.push_back(block.value());
    pieces += added.pieces.size();
  }
  std::sort(blocks.begin(), blocks.end());
  BOOST_TEST((blocks == std::vector<std::uint32_t>{0, 1, 2, 3}));
  BOOST_TEST(pieces == 1u);
  BOOST_TEST((assembly.take(PieceIndex(0)).bytes == bytes));
}

BOOST_AUTO_TEST_CASE(what_comes_twice_is_waste_and_changes_nothing) {
  const auto release = padded_release();
  PieceAssembly assembly(*release);
  const std::vector<std::byte> first(20'000, std::byte{1}), second(30'000, std::byte{2});
  BOOST_TEST(assembly.add(0, first, std::nullopt, none_done).wasted == 0u);
  BOOST_TEST(assembly.add(0, second, server_id, none_done).wasted == 20'000u);
  const auto missing = assembly.missing({0, 65'536});
  BOOST_REQUIRE(missing.size() == 1u);
  BOOST_TEST(missing[0].begin == 30'000u);
  // Of a piece that is verified already everything is waste.
  const auto all_done = [](PieceIndex) { return true; };
  BOOST_TEST(assembly.add(0, second, server_id, all_done).wasted == 30'000u);
}

BOOST_AUTO_TEST_CASE(it_is_known_who_sent_which_bytes) {
  const auto release = padded_release();
  PieceAssembly assembly(*release);
  const SupplierId peer{5};
  const std::vector<std::byte> bytes(65'536, std::byte{1}), first(10'000, std::byte{1});
  (void)assembly.add(0, first, server_id, none_done);
  (void)assembly.add(10'000, first, server_id, none_done);
  (void)assembly.add(40'000, first, std::nullopt, none_done);
  (void)assembly.add(0, bytes, peer, none_done); // only what was missing is its
  const auto sent = assembly.take(PieceIndex(0));
  std::uint64_t of_server = 0, of_nobody = 0, of_peer = 0;
  for (const SentRange& each : sent.ranges)
    (!each.sender ? of_nobody : *each.sender == peer ? of_peer : of_server) += each.range.size();
  BOOST_TEST(of_server == 20'000u);
  BOOST_TEST(of_nobody == 10'000u);
  BOOST_TEST(of_peer == 65'536u - 30'000u);
  BOOST_TEST(sent.ranges.size() == 4u);
}

BOOST_AUTO_TEST_CASE(the_right_bytes_tell_who_lied) {
  BadPieces bad;
  const PieceIndex piece(3);
  const SupplierId honest{1}, liar{2}, gap{3};
  std::vector<std::byte> right(100, std::byte{1});
  SentPiece sent{right, {{{1000, 1040}, honest}, {{1040, 1080}, liar}, {{1090, 1100}, gap}}};
  sent.bytes[79] = std::byte{2};
  sent.bytes[85] = std::byte{2}; // nobody's
  bad.keep(piece, 1000, sent);
  BOOST_TEST(bad.has(piece));
  BOOST_TEST(!bad.has(PieceIndex(2)));
  BOOST_TEST((bad.liars(piece, right) == std::set<SupplierId>{liar}));
  BOOST_TEST(!bad.has(piece));
  for (int i = 0; i < 10; ++i) // of 8 MiB each
    bad.keep(PieceIndex(static_cast<std::uint32_t>(i)), 0,
             {std::vector<std::byte>(8 * 1024 * 1024), {}});
  BOOST_TEST(!bad.has(PieceIndex(5)));
  BOOST_TEST(bad.has(PieceIndex(6)));
}

BOOST_AUTO_TEST_CASE(a_dropped_piece_starts_again) {
  const auto release = padded_release();
  PieceAssembly assembly(*release);
  const std::vector<std::byte> bytes(65'536);
  BOOST_TEST(assembly.add(0, bytes, server_id, none_done).pieces.size() == 1u);
  assembly.drop(PieceIndex(0));
  BOOST_TEST(!assembly.has(BlockIndex(0)));
  BOOST_TEST(assembly.add(0, bytes, server_id, none_done).pieces.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
