// SPDX-License-Identifier: LGPL-2.1-or-later
// RangeSet against a plain set of bytes.
#include "node/range_set.h"

#include <boost/test/unit_test.hpp>

#include <random>
#include <set>

using namespace triad;

BOOST_AUTO_TEST_SUITE(range_set)

BOOST_AUTO_TEST_CASE(merges_neighbours_and_tells_gaps) {
  RangeSet set;
  set.add({10, 20});
  set.add({30, 40});
  BOOST_TEST(!set.covers({10, 40}));
  const auto gaps = set.missing({0, 50});
  BOOST_TEST(gaps.size() == 3u);
  BOOST_TEST((gaps[1] == ByteRange{20, 30}));
  set.add({20, 30});
  BOOST_TEST(set.covers({10, 40}));
  BOOST_TEST(set.missing({10, 40}).empty());
  set.remove({15, 16});
  BOOST_TEST(set.size() == 29u);
  BOOST_TEST(set.covers({5, 5}));
}

BOOST_AUTO_TEST_CASE(agrees_with_a_plain_set) {
  std::mt19937 random(7);
  const auto number = [&](unsigned below) { return random() % below; };
  for (int round = 0; round < 200; ++round) {
    RangeSet set;
    std::set<std::uint64_t> plain;
    for (int step = 0; step < 40; ++step) {
      const std::uint64_t begin = number(60);
      const ByteRange range{begin, begin + number(12)};
      const bool add = number(3) != 0;
      for (auto at = range.begin; at < range.end; ++at)
        if (add)
          plain.insert(at);
        else
          plain.erase(at);
      add ? set.add(range) : set.remove(range);

      const std::uint64_t from = number(60);
      const ByteRange asked{from, from + number(20)};
      std::uint64_t had = 0;
      for (auto at = asked.begin; at < asked.end; ++at)
        had += plain.count(at);
      BOOST_REQUIRE_EQUAL(set.overlap(asked), had);
      BOOST_REQUIRE_EQUAL(set.covers(asked), had == asked.size());
      for (const ByteRange& gap : set.missing(asked))
        for (auto at = gap.begin; at < gap.end; ++at)
          BOOST_REQUIRE(plain.count(at) == 0);
    }
    BOOST_REQUIRE_EQUAL(set.size(), plain.size());
  }
}

BOOST_AUTO_TEST_SUITE_END()
