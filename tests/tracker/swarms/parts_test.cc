// SPDX-License-Identifier: LGPL-2.1-or-later
// What the swarms are built from: hash, table, pool, choice and the memory of offerers' homes.
#include "kit/random.h"
#include "tracker/swarms/choice.h"
#include "tracker/swarms/homes.h"
#include "tracker/swarms/index_table.h"
#include "tracker/swarms/keyed_hash.h"
#include "tracker/swarms/pool.h"
#include "tracker/swarms/remote.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>
#include <unordered_map>

using namespace triad;
using namespace triad::tracker;

BOOST_AUTO_TEST_SUITE(parts)

BOOST_AUTO_TEST_CASE(the_hash_is_siphash) {
  // The example of the paper's appendix A.
  std::array<std::uint8_t, 15> bytes;
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  const HashKey key{0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
  BOOST_TEST(keyed_hash(key, bytes) == 0xa129ca6149be45e5u);
  BOOST_TEST(keyed_hash({1, 2}, bytes) != keyed_hash({1, 3}, bytes));
}

BOOST_AUTO_TEST_CASE(the_table_finds_what_is_in_it) {
  kit::Random random(7);
  for (const std::uint64_t tags : {3ull, 50ull, 1ull << 40}) { // few of them: long probes
    IndexTable table;
    std::unordered_map<Index, std::uint64_t> model;
    for (unsigned step = 0; step < 20000; ++step) {
      const auto index = static_cast<Index>(random.below(300));
      const bool grows = step < 10000;
      if (const auto found = model.find(index); found != model.end()) {
        if (random.chance(grows ? 0.3 : 0.7)) {
          table.erase(found->second, index);
          model.erase(found);
        }
      } else if (random.chance(grows ? 0.7 : 0.2)) {
        const std::uint64_t hash = random.below(tags) << 3;
        table.insert(hash, index);
        model[index] = hash;
      }
      BOOST_REQUIRE_EQUAL(table.size(), model.size());
      if (step % 100 == 0)
        for (const auto& entry : model)
          BOOST_REQUIRE_EQUAL(table.find(entry.second, [&](Index i) { return i == entry.first; }),
                              entry.first);
    }
    for (const auto& [index, hash] : model)
      table.erase(hash, index);
    BOOST_TEST(table.capacity() == 0u);
  }
}

BOOST_AUTO_TEST_CASE(the_table_shrinks_when_it_empties) {
  IndexTable table;
  for (Index i = 0; i < 10000; ++i)
    table.insert(i * 0x9e3779b9ull, i);
  BOOST_TEST(table.capacity() == 16384u);
  for (Index i = 0; i < 9990; ++i)
    table.erase(i * 0x9e3779b9ull, i);
  BOOST_TEST(table.capacity() <= 128u);
  for (Index i = 9990; i < 10000; ++i)
    BOOST_TEST(table.find(i * 0x9e3779b9ull, [&](Index j) { return i == j; }) == i);
}

BOOST_AUTO_TEST_CASE(records_keep_their_place_and_come_back_as_new) {
  Pool<std::vector<int>> pool;
  std::vector<Index> taken;
  for (unsigned i = 0; i < 1000; ++i)
    taken.push_back(pool.take());
  const auto* const first = &pool[taken.front()];
  pool[taken.front()] = {1, 2};
  for (unsigned i = 0; i < 1000; ++i)
    taken.push_back(pool.take());
  BOOST_TEST(first == &pool[taken.front()]);
  BOOST_TEST((std::set<Index>(taken.begin(), taken.end()).size() == 2000u));
  pool.give(taken.front());
  BOOST_TEST(pool.take() == taken.front());
  BOOST_TEST(pool[taken.front()].empty());
  for (const Index index : taken)
    pool.give(index);
  BOOST_TEST(pool.size() == 0u);
  BOOST_TEST(pool.end() == 0u); // nothing is kept
}

BOOST_AUTO_TEST_CASE(each_set_is_as_likely_as_any_other) {
  Random random(3);
  std::map<std::vector<std::uint32_t>, unsigned> sets;
  constexpr unsigned rounds = 20000;
  for (unsigned i = 0; i < rounds; ++i) {
    std::vector<std::uint32_t> chosen;
    choose(random, 6, 3, chosen);
    std::sort(chosen.begin(), chosen.end());
    ++sets[chosen];
  }
  BOOST_REQUIRE_EQUAL(sets.size(), 20);
  double deviation = 0;
  for (const auto& [set, count] : sets)
    deviation += (count - rounds / 20.0) * (count - rounds / 20.0) / (rounds / 20.0);
  BOOST_TEST(deviation < 43.8); // chi squared, 19 degrees of freedom, 999 of 1000
  std::vector<std::uint32_t> all;
  choose(random, 5, 5, all);
  BOOST_TEST((std::set<std::uint32_t>(all.begin(), all.end()).size() == 5u));
}

BOOST_AUTO_TEST_CASE(the_urn_is_fair) {
  Random random(4);
  unsigned theirs = 0;
  for (unsigned i = 0; i < 10000; ++i)
    theirs += draw_theirs(random, 30, 10, 4);
  BOOST_TEST(theirs > 9700u); // 10000 expected, deviation about 83
  BOOST_TEST(theirs < 10300u);
  BOOST_TEST(draw_theirs(random, 0, 9, 5) == 5u);
  BOOST_TEST(draw_theirs(random, 9, 0, 5) == 0u);
  BOOST_TEST(draw_theirs(random, 2, 3, 5) == 3u);
}

BOOST_AUTO_TEST_CASE(homes_are_remembered_for_a_minute) {
  Homes homes;
  homes.add(1, 100, 0);
  homes.add(2, 200, 30);
  homes.add(1, 101, 40); // moved to another tracker
  BOOST_TEST(homes.find(1).value() == 101u);
  homes.expire(61);
  BOOST_TEST(homes.find(1).value() == 101u);
  BOOST_TEST(homes.find(2).value() == 200u);
  homes.expire(91);
  BOOST_TEST(!homes.find(2));
  BOOST_TEST(homes.find(1).has_value());
  homes.expire(101);
  BOOST_TEST(!homes.find(1));
  BOOST_TEST(homes.size() == 0u);
}

BOOST_AUTO_TEST_CASE(homes_are_bounded) {
  Homes homes;
  for (std::uint64_t key = 0; key < Homes::most + 10; ++key)
    homes.add(key * 0x9e3779b97f4a7c15u, key, 0);
  BOOST_TEST(homes.size() == Homes::most);
  BOOST_TEST(!homes.find(9 * 0x9e3779b97f4a7c15u));
  BOOST_TEST(homes.find(10 * 0x9e3779b97f4a7c15u).value() == 10u);
}

BOOST_AUTO_TEST_CASE(a_sample_is_dealt_like_cards) {
  Random random(5);
  std::vector<Pack::Card> cards;
  for (std::uint8_t i = 0; i < 6; ++i)
    cards.push_back({{signal::PeerId{{i}}, i, false}, i});
  Pack pack;
  pack.take(cards, random);
  const auto any = [](const Pack::Card&) { return true; };
  const auto nobody = [](const Pack::Card&) { return false; };
  const auto odd = [](const Pack::Card& card) { return card.bucket % 2 == 1; };
  std::map<TrackerId, unsigned> dealt;
  for (unsigned i = 0; i < 3; ++i)
    ++dealt[pack.deal(odd)->tracker];
  BOOST_TEST(dealt.size() == 3u);
  BOOST_TEST(!pack.deal(nobody));
  BOOST_TEST(!pack.dealt_out());
  for (unsigned i = 0; i < 3; ++i)
    ++dealt[pack.deal(any)->tracker];
  BOOST_TEST(dealt.size() == 6u);
  for (unsigned i = 0; i < 4 * 6; ++i) // four times more, and then never again
    ++dealt[pack.deal(any)->tracker];
  BOOST_TEST(pack.dealt_out());
  for (const auto& [tracker, count] : dealt)
    BOOST_TEST(count == 5u);
  BOOST_TEST(!pack.deal(any));
  pack.take(cards, random);
  BOOST_TEST(!pack.dealt_out());
  BOOST_TEST(pack.deal(any));
}

BOOST_AUTO_TEST_SUITE_END()
