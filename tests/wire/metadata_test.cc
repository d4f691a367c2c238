// SPDX-License-Identifier: LGPL-2.1-or-later
// An info dictionary from several peers, some of whom lie, stall or leave.
#include "kit/random.h"
#include "kit/releases.h"
#include "peers/wire/metadata_exchange.h"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <map>

using namespace triad;
using namespace triad::wire;

namespace {

using Content = std::vector<std::byte>;

const Content info = kit::random_content(1, 5 * metadata_part + 100);

MetadataExchange exchange() {
  return {sha1(info), std::nullopt};
}

MetadataReceived part_of(const Content& of, std::uint32_t part) {
  const std::size_t begin = std::size_t{part} * metadata_part;
  return {part, static_cast<std::uint32_t>(of.size()),
          Bytes(of).subspan(begin, std::min<std::size_t>(metadata_part, of.size() - begin))};
}

Content wrong(std::size_t at) {
  Content bytes = info;
  bytes[at] ^= std::byte{1};
  return bytes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(metadata)

BOOST_AUTO_TEST_CASE(one_peer_brings_it) {
  auto collected = exchange();
  BOOST_TEST(!collected.next(1));
  collected.offered(1, static_cast<std::uint32_t>(info.size()));
  std::uint32_t asked = 0;
  while (const auto part = collected.next(1)) {
    BOOST_TEST(*part == asked++);
    if (asked % MetadataExchange::at_once == 0) {
      BOOST_TEST(!collected.next(1)); // enough at once
      for (auto due = asked - MetadataExchange::at_once; due < asked; ++due)
        BOOST_REQUIRE(collected.received(1, part_of(info, static_cast<std::uint32_t>(due))));
    }
  }
  BOOST_TEST(asked == 6u);
  for (const std::uint32_t part : {4u, 5u}) {
    BOOST_TEST(!collected.done());
    BOOST_REQUIRE(collected.received(1, part_of(info, part)));
  }
  BOOST_REQUIRE(collected.done());
  BOOST_TEST((collected.info() == info));
  BOOST_TEST(!collected.next(1));
}

BOOST_AUTO_TEST_CASE(a_v2_hash_is_checked_as_well) {
  for (const bool right : {true, false}) {
    MetadataExchange collected(sha1(info), right ? sha256(info) : Sha256{});
    collected.offered(1, static_cast<std::uint32_t>(info.size()));
    bool taken = true;
    while (const auto part = collected.next(1))
      taken = taken && collected.received(1, part_of(info, *part));
    BOOST_TEST(taken == right);
    BOOST_TEST(collected.done() == right);
  }
}

BOOST_AUTO_TEST_CASE(who_brings_all_of_it_and_lies_is_dropped) {
  auto collected = exchange();
  const Content lie = wrong(5);
  collected.offered(1, static_cast<std::uint32_t>(info.size()));
  Status last = ok();
  while (const auto part = collected.next(1))
    last = collected.received(1, part_of(lie, *part));
  BOOST_TEST(!last);
  BOOST_TEST(!collected.done());
}

BOOST_AUTO_TEST_CASE(sizes_that_cannot_be_are_not_asked_for) {
  auto collected = exchange();
  collected.offered(1, 0);
  collected.offered(2, max_metadata + 1);
  BOOST_TEST(!collected.next(1));
  BOOST_TEST(!collected.next(2));
}

BOOST_AUTO_TEST_CASE(another_size_than_said_is_a_lie) {
  auto collected = exchange();
  collected.offered(1, static_cast<std::uint32_t>(info.size()));
  BOOST_REQUIRE(collected.next(1));
  auto part = part_of(info, 0);
  part.total -= 1;
  BOOST_TEST(!collected.received(1, part));
  BOOST_TEST(!collected.next(1));
}

// Ten peers say ten sizes of nearly 16 MiB and send them; an honest one need not wait for them.
BOOST_AUTO_TEST_CASE(what_is_held_is_bounded_and_large_lies_go_first) {
  auto collected = exchange();
  collected.offered(100, static_cast<std::uint32_t>(info.size()));
  BOOST_REQUIRE((collected.next(100) == 0u));
  BOOST_REQUIRE(collected.received(100, part_of(info, 0)));
  Content large(max_metadata);
  std::size_t asked_again = 0;
  for (std::uint32_t peer = 0; peer < 10; ++peer) {
    const std::uint32_t size = max_metadata - peer;
    large.resize(size);
    collected.offered(peer, size);
    for (std::uint32_t part = 0; part < 1000; ++part) {
      const auto asked = collected.next(peer);
      BOOST_REQUIRE(asked);
      asked_again += *asked != part ? 1 : 0;
      BOOST_REQUIRE(collected.received(peer, part_of(large, *asked)));
    }
  }
  BOOST_TEST(asked_again == 0u);
  // Of the first ones nothing is left; of the honest one's all.
  BOOST_TEST(collected.next(0).value() == 0u);
  BOOST_TEST(collected.next(9).value() == 1000u);
  while (const auto part = collected.next(100))
    BOOST_REQUIRE(collected.received(100, part_of(info, *part)));
  BOOST_TEST(collected.done());
}

BOOST_AUTO_TEST_CASE(whatever_liars_do_the_honest_peer_wins) {
  kit::Random random(5);
  for (int round = 0; round < 300; ++round) {
    auto collected = exchange();
    // Peer 0 is honest; the others lie about a byte or the size, stall or leave.
    struct Peer {
      Content has;
      bool stalls = false;
      bool gone = false;
      std::vector<std::uint32_t> due;
    };
    std::vector<Peer> peers(1 + random.below(6));
    std::size_t order = random.below(peers.size());
    for (std::size_t i = 0; i < peers.size(); ++i, order = (order + 1) % peers.size()) {
      Peer& peer = peers[order];
      peer.has = info;
      if (order > 0) {
        peer.has = wrong(random.below(info.size()));
        if (random.chance(0.3))
          peer.has.resize(1 + random.below(info.size() * 2));
        peer.stalls = random.chance(0.3);
      }
      collected.offered(static_cast<std::uint32_t>(order),
                        static_cast<std::uint32_t>(peer.has.size()));
    }
    for (int step = 0; step < 5'000 && !collected.done(); ++step) {
      const auto number = static_cast<std::uint32_t>(random.below(peers.size()));
      Peer& peer = peers[number];
      if (peer.gone)
        continue;
      if (const auto part = collected.next(number))
        peer.due.push_back(*part);
      // Parts of an attempt that has ended may still be under way.
      BOOST_REQUIRE(peer.due.size() <= 2 * MetadataExchange::at_once);
      if (peer.due.empty())
        continue;
      if (peer.stalls) { // the caller's patience ends
        if (random.chance(0.1)) {
          peer.gone = true;
          collected.gone(number);
        }
        continue;
      }
      const std::uint32_t part = peer.due.back();
      peer.due.pop_back();
      const auto taken = collected.received(number, part_of(peer.has, part));
      if (!taken)
        peer.gone = true;
      BOOST_REQUIRE_MESSAGE(taken || number != 0, "the honest peer was called a liar");
    }
    BOOST_REQUIRE(collected.done());
    BOOST_REQUIRE((collected.info() == info));
  }
}

BOOST_AUTO_TEST_SUITE_END()
