// SPDX-License-Identifier: LGPL-2.1-or-later
// However the bytes are cut, the same messages come out.
#include "kit/random.h"
#include "peers/wire/stream.h"
#include "wire/talk.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::wire;

namespace {

using Content = std::vector<std::byte>;

// Copies of exactly their size, so that AddressSanitizer sees any step beyond.
std::vector<Content> cut(const Content& whole, kit::Random& random, std::size_t longest) {
  std::vector<Content> chunks;
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t size = std::min<std::size_t>(whole.size() - at, random.between(0, longest));
    const auto begin = whole.begin() + static_cast<std::ptrdiff_t>(at);
    chunks.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(size));
    at += size;
  }
  return chunks;
}

Content random_message(kit::Random& random, std::size_t longest) {
  Content bytes =
      test::bytes_of(Extended{1, kit::random_content(random.next(), random.below(longest))});
  if (random.chance(0.1))
    bytes = test::bytes_of(KeepAlive{});
  return bytes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(stream)

BOOST_AUTO_TEST_CASE(any_splitting_and_joining_gives_the_same_messages) {
  kit::Random random(1);
  for (int round = 0; round < 400; ++round) {
    Content all = test::handshake();
    std::vector<Content> sent;
    for (int message = 0; message < 20; ++message) {
      const Content bytes = random_message(random, round % 2 ? 12 : 3000);
      sent.emplace_back(bytes.begin() + 4, bytes.end());
      all.insert(all.end(), bytes.begin(), bytes.end());
    }
    MessageStream stream(4096);
    std::vector<Content> seen;
    bool shaken = false;
    for (const Content& chunk : cut(all, random, 1u << (round % 13))) {
      stream.add(chunk);
      if (!shaken) {
        const auto hand = stream.next_handshake();
        BOOST_REQUIRE(hand);
        if (!*hand)
          continue;
        BOOST_REQUIRE((Content((*hand)->begin(), (*hand)->end()) == test::handshake()));
        shaken = true;
      }
      // What was taken lasts until the next add().
      std::vector<Bytes> views;
      for (;;) {
        const auto next = stream.next();
        BOOST_REQUIRE(next);
        if (!*next)
          break;
        views.push_back(**next);
      }
      for (const Bytes view : views)
        seen.emplace_back(view.begin(), view.end());
    }
    BOOST_REQUIRE(shaken);
    BOOST_REQUIRE((seen == sent));
  }
}

BOOST_AUTO_TEST_CASE(a_message_that_is_whole_is_not_copied) {
  const Content bytes = test::bytes_of(Have{1});
  MessageStream stream(100);
  stream.add(bytes);
  const auto next = stream.next();
  BOOST_REQUIRE((next && *next));
  BOOST_TEST((*next)->data() == bytes.data() + 4);
}

BOOST_AUTO_TEST_CASE(a_longer_message_is_refused_as_soon_as_its_length_is_there) {
  Content bytes = test::bytes_of(Extended{1, Content(99)}); // 101 with the kinds
  bytes.resize(4);
  for (const std::uint32_t longest : {100u, 101u}) {
    MessageStream stream(longest);
    for (const std::byte& byte : bytes) {
      stream.add({&byte, 1});
      const auto next = stream.next();
      const bool last = &byte == &bytes.back();
      BOOST_TEST(bool(next) == (!last || longest == 101));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_bittorrent_is_refused_at_its_first_byte) {
  const Content http = kit::to_content("G");
  MessageStream stream(100);
  stream.add(http);
  BOOST_TEST(!stream.next_handshake());
}

BOOST_AUTO_TEST_SUITE_END()
