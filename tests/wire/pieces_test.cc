// SPDX-License-Identifier: LGPL-2.1-or-later
// What a peer has, compared with a plain list, whenever the number of pieces becomes known.
#include "kit/random.h"
#include "peers/wire/peer_pieces.h"
#include "release/metainfo.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::wire;

namespace {

constexpr std::uint32_t count = 21;

void say(PeerPieces& pieces, std::vector<bool>& model, kit::Random& random) {
  const auto piece = static_cast<std::uint32_t>(random.below(count));
  switch (random.below(8)) {
  case 0:
    pieces.set_all();
    model.assign(count, true);
    break;
  case 1:
    pieces.set_none();
    model.assign(count, false);
    break;
  case 2: {
    std::vector<std::byte> bits((count + 7) / 8);
    for (std::uint32_t at = 0; at < count; ++at) {
      model[at] = random.chance(0.5);
      if (model[at])
        bits[at / 8] |= std::byte{0x80} >> (at % 8);
    }
    BOOST_REQUIRE(pieces.bitfield(bits));
    break;
  }
  default:
    BOOST_REQUIRE((*pieces.have(piece) == !model[piece]));
    model[piece] = true;
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(pieces)

BOOST_AUTO_TEST_CASE(what_is_said_counts_whenever_the_count_becomes_known) {
  kit::Random random(3);
  for (int round = 0; round < 500; ++round) {
    PeerPieces pieces;
    std::vector<bool> model(count);
    const auto known_at = random.below(20);
    for (std::uint64_t step = 0; step < 20; ++step) {
      if (step == known_at)
        BOOST_REQUIRE(pieces.set_count(count));
      say(pieces, model, random);
      const auto lost = static_cast<std::uint32_t>(random.below(count));
      if (step >= known_at && random.chance(0.3)) {
        BOOST_REQUIRE((*pieces.lost(lost) == model[lost]));
        model[lost] = false;
      }
    }
    BOOST_REQUIRE((pieces.by_piece() == model));
    bool all = true;
    for (std::uint32_t at = 0; at < count; ++at) {
      BOOST_REQUIRE(pieces.has(PieceIndex(at)) == model[at]);
      all = all && model[at];
    }
    BOOST_REQUIRE(pieces.has_all() == all);
    BOOST_REQUIRE(pieces.empty() == (model == std::vector<bool>(count)));
    BOOST_REQUIRE(!pieces.has(PieceIndex(count)));
  }
}

BOOST_AUTO_TEST_CASE(no_more_is_kept_than_a_release_can_have) {
  PeerPieces pieces;
  BOOST_TEST(bool(pieces.have(max_pieces - 1)));
  BOOST_TEST(!pieces.have(max_pieces));
  BOOST_TEST(bool(pieces.bitfield(std::vector<std::byte>(max_pieces / 8))));
  BOOST_TEST(!pieces.bitfield(std::vector<std::byte>(max_pieces / 8 + 1)));
}

BOOST_AUTO_TEST_SUITE_END()
