// SPDX-License-Identifier: LGPL-2.1-or-later
// Block by block: '.' missing, 'a' asked of a, '2' asked of two, '+' come, '#' verified.
#include "schedule/pieces.h"

#include "kit/simulation.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::kit;

BOOST_AUTO_TEST_SUITE(pieces)

namespace {

constexpr SupplierId a{'a'}, b{'b'};

// Two pieces of four blocks.
struct TwoPieces {
  Pieces pieces{shape_release({8 * block_size}, 4 * block_size)};

  [[nodiscard]] std::string drawn() const {
    std::string text;
    for (std::uint32_t i = 0; i < 8; ++i) {
      const Pieces::Asked asked = pieces.asked(BlockIndex(i));
      if (pieces.verified(PieceIndex(i / 4)))
        text += '#';
      else if (asked.first && asked.again)
        text += '2';
      else if (asked.first)
        text += static_cast<char>(*asked.first);
      else
        text += pieces.missing(BlockIndex(i)) ? '.' : '+';
    }
    return text;
  }
  void ask(std::uint32_t block, SupplierId who) { pieces.ask(BlockIndex(block), who); }
  Pieces::Arrival arrive(std::uint32_t block, SupplierId who) {
    return pieces.arrive(BlockIndex(block), who);
  }
  [[nodiscard]] std::uint32_t first_unsettled() const {
    return pieces.next_unsettled(PieceIndex(0), PieceIndex(2)).value();
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_block_is_missing_asked_come_verified, TwoPieces) {
  BOOST_TEST(drawn() == "........");
  ask(0, a);
  ask(1, a);
  ask(1, b);
  BOOST_TEST(drawn() == "a2......");
  const auto arrival = arrive(1, b);
  BOOST_TEST(arrival.fresh);
  BOOST_TEST((arrival.second == a));
  BOOST_TEST(drawn() == "a+......");
  BOOST_TEST(!arrive(1, a).fresh);
  const auto pending = pieces.verify(PieceIndex(0));
  BOOST_TEST(pending.size() == 1u);
  BOOST_TEST(drawn() == "####....");
  BOOST_TEST(first_unsettled() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_piece_is_settled_when_nothing_is_left_to_ask, TwoPieces) {
  for (std::uint32_t i = 0; i < 3; ++i)
    ask(i, a);
  BOOST_TEST(first_unsettled() == 0u);
  arrive(3, b); // unasked
  BOOST_TEST(first_unsettled() == 1u);
  BOOST_TEST(pieces.give_back(BlockIndex(2), a));
  BOOST_TEST(!pieces.give_back(BlockIndex(2), a));
  BOOST_TEST(drawn() == "aa.+....");
  BOOST_TEST(first_unsettled() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_bad_piece_is_missing_again_and_knows_its_senders, TwoPieces) {
  for (std::uint32_t i = 0; i < 4; ++i)
    arrive(i, i == 2 ? b : a);
  BOOST_TEST(pieces.reject(PieceIndex(0)).empty());
  BOOST_TEST(drawn() == "........");
  BOOST_REQUIRE(pieces.retry(PieceIndex(0)));
  BOOST_TEST((pieces.retry(PieceIndex(0))->senders == std::vector{a, b}));
  // From now on it comes from one.
  ask(0, b);
  arrive(0, b);
  BOOST_TEST(!arrive(1, a).fresh);
  BOOST_TEST(drawn() == "+.......");
  pieces.restart_retries(b);
  BOOST_TEST(drawn() == "........");
}

BOOST_FIXTURE_TEST_CASE(a_lost_piece_is_missing_again, TwoPieces) {
  pieces.verify(PieceIndex(1));
  BOOST_TEST(drawn() == "....####");
  pieces.lose(PieceIndex(1));
  BOOST_TEST(drawn() == "........");
}

BOOST_AUTO_TEST_CASE(holes_are_found_across_words) {
  PieceSet set(200);
  for (std::uint32_t i = 0; i < 200; ++i)
    if (i != 3 && i != 130)
      set.insert(PieceIndex(i));
  BOOST_TEST(set.next_absent(PieceIndex(0), PieceIndex(200)).value() == 3u);
  BOOST_TEST(set.next_absent(PieceIndex(4), PieceIndex(200)).value() == 130u);
  BOOST_TEST(set.next_absent(PieceIndex(4), PieceIndex(100)).value() == 100u);
  BOOST_TEST(set.next_absent(PieceIndex(131), PieceIndex(200)).value() == 200u);
}

BOOST_AUTO_TEST_SUITE_END()
