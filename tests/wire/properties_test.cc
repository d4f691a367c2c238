// SPDX-License-Identifier: LGPL-2.1-or-later
// Two conversations talk to each other through random chunks while both do as they please: nobody
// is accused, each request is answered once, and what comes is right.
#include "wire/talk.h"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <map>

using namespace triad;
using namespace triad::wire;

namespace {

using Content = std::vector<std::byte>;

kit::ReleaseSpec song(kit::Format format) {
  kit::ReleaseSpec spec = test::two_pieces();
  spec.format = format;
  spec.files = {{"song.ogg", kit::random_content(4, 20 * block_size - 100)}};
  return spec;
}

struct Side {
  Side(std::uint8_t number, const ReleasePtr& of, const kit::Contents& contents, bool seed)
      : release(of),
        files(contents),
        have(of->piece_count(), seed),
        conversation(test::settings_of(number), test::content_of(of, seed)) {}

  const ReleasePtr& release;
  const kit::Contents& files;
  std::vector<bool> have;
  Conversation conversation;
  std::deque<std::byte> line; // on its way to here
  std::map<BlockIndex, Urgency> wanted;
  std::vector<BlockRequest> to_answer;
  bool choked = true;
  std::uint64_t blocks = 0, dropped = 0, unasked = 0;
  Content chunk;

  void on(const BlockReceived& event) {
    BOOST_REQUIRE(wanted.erase(event.block) == 1);
    const auto right = kit::cut(*release, files, release->block_range(event.block));
    BOOST_REQUIRE((Content(event.bytes.begin(), event.bytes.end()) == right));
    ++blocks;
  }
  void on(const RequestDropped& event) {
    BOOST_REQUIRE(wanted.erase(event.block) == 1);
    ++dropped;
  }
  void on(const BytesUnasked&) { ++unasked; }
  void on(const BlockRequested& event) {
    BOOST_REQUIRE(have[event.block.piece]);
    to_answer.push_back(event.block);
  }
  void on(const RequestCancelled& event) {
    conversation.reject(event.block);
    std::erase(to_answer, event.block);
  }
  void on(const AvailabilityChanged&) {}
  void on(const HandshakeReceived&) {}
  void on(const PeerFeatures& event) {
    BOOST_REQUIRE(event.triad);
    BOOST_REQUIRE(event.client == "Triad");
  }
  void on(const ChokedChanged& event) {
    BOOST_REQUIRE(event.choked != choked);
    choked = event.choked;
  }
  void on(const InterestChanged&) {}
  template <typename Other>
  void on(const Other&) {
    BOOST_FAIL("an event that nothing led to");
  }

  void receive(kit::Random& random) {
    const std::size_t size = std::min<std::size_t>(line.size(), random.below(40'000));
    chunk.assign(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(size));
    line.erase(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(size));
    const auto said = conversation.receive(chunk);
    BOOST_REQUIRE_MESSAGE(said, (said ? "" : said.error().message));
    drain();
  }
  void drain() {
    while (const auto event = conversation.poll())
      std::visit([this](const auto& each) { on(each); }, *event);
    BOOST_REQUIRE(conversation.outstanding() == wanted.size());
    BOOST_REQUIRE(wanted.size() <= conversation.request_limit());
  }
  void answer_one() {
    if (to_answer.empty())
      return;
    const BlockRequest block = to_answer.front();
    to_answer.erase(to_answer.begin());
    const std::uint64_t begin = release->piece_range(PieceIndex(block.piece)).begin + block.begin;
    conversation.send_block(block, kit::cut(*release, files, {begin, begin + block.length}));
  }
  void act(kit::Random& random) {
    const BlockIndex block(static_cast<std::uint32_t>(random.below(20)));
    const PieceIndex piece = release->piece_of(block);
    switch (random.below(12)) {
    case 0:
      conversation.set_choking(random.chance(0.3));
      if (conversation.choking())
        to_answer.clear();
      break;
    case 1:
      conversation.set_interested(random.chance(0.5));
      break;
    case 2:
      have[piece.value()] = true;
      conversation.have(piece);
      break;
    case 3:
      if (random.chance(0.2)) {
        have[piece.value()] = false;
        conversation.lost(piece);
      }
      break;
    case 4:
      conversation.cancel(block);
      wanted.erase(block);
      break;
    case 5:
      conversation.set_upload_only(random.chance(0.5));
      break;
    case 6:
    case 7:
      answer_one();
      break;
    default:
      if (!conversation.can_request() || wanted.contains(block))
        break;
      wanted[block] = static_cast<Urgency>(random.below(3));
      conversation.request(block, wanted[block]);
    }
    drain();
  }
  void send_to(Side& other) {
    const Content output = conversation.take_output();
    other.line.insert(other.line.end(), output.begin(), output.end());
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(properties)

BOOST_AUTO_TEST_CASE(two_conversations_agree) {
  const kit::ReleaseSpec spec = song(kit::Format::v1);
  const ReleasePtr release = kit::make_release(spec);
  kit::Random random(11);
  std::uint64_t blocks = 0, dropped = 0, unasked = 0;
  for (int round = 0; round < 60; ++round) {
    Side a(1, release, spec.files, true);
    Side b(2, release, spec.files, round % 2 == 0);
    for (int step = 0; step < 600; ++step) {
      Side& here = random.chance(0.5) ? a : b;
      Side& there = &here == &a ? b : a;
      switch (random.below(3)) {
      case 0:
        here.act(random);
        break;
      case 1:
        here.send_to(there);
        break;
      default:
        here.receive(random);
      }
    }
    // All that is under way arrives and is answered: nothing stays open.
    for (int step = 0; step < 200; ++step)
      for (Side* side : {&a, &b}) {
        side->answer_one();
        side->send_to(side == &a ? b : a);
        side->receive(random);
      }
    for (const Side* side : {&a, &b}) {
      BOOST_TEST(side->wanted.empty());
      BOOST_TEST(side->line.empty());
      blocks += side->blocks;
      dropped += side->dropped;
      unasked += side->unasked;
    }
    for (std::uint32_t piece = 0; piece < release->piece_count(); ++piece) {
      BOOST_TEST(a.conversation.peer_has(PieceIndex(piece)) == b.have[piece]);
      BOOST_TEST(b.conversation.peer_has(PieceIndex(piece)) == a.have[piece]);
    }
  }
  // All of it did happen.
  BOOST_TEST(blocks > 500u);
  BOOST_TEST(dropped > 100u);
  BOOST_TEST(unasked > 10u);
}

BOOST_AUTO_TEST_SUITE_END()
