// SPDX-License-Identifier: LGPL-2.1-or-later
// One conversation with a hand-written peer: what is said when, and what comes out.
#include "wire/talk.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::wire;
using test::bytes_of;
using test::Talk;

namespace {

using Content = std::vector<std::byte>;
using Messages = std::vector<Content>;

Content payload(const wire::Message& message) {
  const auto bytes = bytes_of(message);
  return {bytes.begin() + 4, bytes.end()};
}

Content payload(const Content& bytes) {
  return {bytes.begin() + 4, bytes.end()};
}

const Content block = kit::random_content(5, block_size);

// Unchoked, and with all of the peer's pieces.
struct Fetching : Talk {
  explicit Fetching(bool fast = true) : Talk(fast, false) {
    if (fast)
      BOOST_REQUIRE(say(HaveAll{}));
    else
      BOOST_REQUIRE(say(Bitfield{Bytes(std::vector<std::byte>{std::byte{0xc0}})}));
    BOOST_REQUIRE(say(Unchoke{}));
    (void)next<AvailabilityChanged>();
    (void)next<ChokedChanged>();
  }
};

// It knows urgency: it is told of each cancel at once.
struct FetchingUrgently : Fetching {
  FetchingUrgently() {
    BOOST_REQUIRE(say(test::extended(0, "d1:md13:triad_urgencyi5eee")));
    (void)next<PeerFeatures>();
    (void)output();
  }
};

// Choked by nobody, and asked for the first block.
struct Giving : Talk {
  explicit Giving(bool fast = true) : Talk(fast, true) {
    conversation.set_choking(false);
    BOOST_REQUIRE(say(RequestBlock{asked}));
    BOOST_TEST((next<BlockRequested>().block == asked));
    (void)output();
  }
  const BlockRequest asked{0, 0, block_size};
};

} // namespace

BOOST_AUTO_TEST_SUITE(conversation)

BOOST_AUTO_TEST_CASE(the_handshake_goes_out_first_and_alone) {
  const auto release = kit::make_release(test::two_pieces());
  Conversation conversation(test::settings_of(1), test::content_of(release, true));
  conversation.set_choking(false);
  conversation.set_interested(true);
  std::vector<std::byte> expected;
  append(expected, Handshake{test::release_hash, test::id_of(1), true, true, false});
  BOOST_TEST((conversation.take_output() == expected));
  BOOST_TEST(!conversation.shaken());
  BOOST_TEST(!conversation.poll());
}

BOOST_AUTO_TEST_CASE(extensions_pieces_and_choking_follow_the_peers_handshake) {
  for (const bool fast : {true, false})
    for (const bool all : {true, false}) {
      const auto release = kit::make_release(test::two_pieces());
      Conversation conversation(test::settings_of(1), test::content_of(release, all));
      conversation.set_choking(false);
      (void)conversation.take_output();
      const auto hello = test::handshake(fast);
      BOOST_REQUIRE(conversation.receive(hello));
      const Messages said = test::messages_in(conversation.take_output());
      BOOST_REQUIRE(said.size() == 3u);
      BOOST_TEST(kit::to_text(said[0]).starts_with(std::string("\x14\x00", 2) + "d1:md"));
      const std::byte bits = all ? std::byte{0xc0} : std::byte{};
      const Content pieces = !fast ? payload(Bitfield{{&bits, 1}})
                             : all ? payload(HaveAll{})
                                   : payload(HaveNone{});
      BOOST_TEST((said[1] == pieces));
      BOOST_TEST((said[2] == payload(Unchoke{})));
    }
}

BOOST_AUTO_TEST_CASE(some_pieces_are_said_as_a_bitfield) {
  const auto release = kit::make_release(test::two_pieces());
  Conversation conversation(test::settings_of(1), {release, {false, true}, nullptr});
  const auto hello = test::handshake();
  BOOST_REQUIRE(conversation.receive(hello));
  auto all = conversation.take_output();
  all.erase(all.begin(), all.begin() + 68);
  const std::byte bits{0x40};
  BOOST_TEST((test::messages_in(all).at(1) == payload(Bitfield{{&bits, 1}})));
}

// WebTorrent looks for "interested" only after its own first messages.
BOOST_AUTO_TEST_CASE(interest_is_told_when_the_peer_has_said_something) {
  Talk talk;
  talk.conversation.set_interested(true);
  BOOST_TEST(talk.output().empty());
  BOOST_REQUIRE(talk.say(HaveAll{}));
  BOOST_TEST((talk.output() == Messages{payload(Interested{})}));
  talk.conversation.set_interested(true);
  talk.conversation.set_interested(false);
  BOOST_TEST((talk.output() == Messages{payload(NotInterested{})}));
}

BOOST_AUTO_TEST_CASE(what_the_peer_has_is_known) {
  Talk talk;
  const std::byte first{0x80};
  BOOST_REQUIRE(talk.say(Bitfield{{&first, 1}}));
  BOOST_TEST(!talk.next<AvailabilityChanged>().piece);
  BOOST_TEST(talk.conversation.peer_has(PieceIndex(0)));
  BOOST_TEST(!talk.conversation.peer_has(PieceIndex(1)));
  BOOST_TEST(!talk.conversation.peer_has_all());
  BOOST_REQUIRE(talk.say(Have{1}));
  BOOST_TEST((talk.next<AvailabilityChanged>().piece == PieceIndex(1)));
  BOOST_TEST(talk.conversation.peer_has_all());
  BOOST_REQUIRE(talk.say(Have{1})); // no news
  BOOST_TEST(!talk.conversation.poll());
  BOOST_REQUIRE(talk.say(test::extended(3, {"\0\0\0\0", 4}))); // lt_donthave
  BOOST_TEST(!talk.next<AvailabilityChanged>().piece);
  BOOST_TEST((talk.conversation.peer_pieces() == std::vector<bool>{false, true}));
}

BOOST_AUTO_TEST_CASE(blocks_are_asked_for_and_come) {
  Fetching talk;
  BOOST_TEST(talk.conversation.can_request());
  talk.conversation.request(BlockIndex(0), Urgency::playing);
  talk.conversation.request(BlockIndex(2), Urgency::playing);
  BOOST_TEST(talk.conversation.outstanding() == 2u);
  BOOST_TEST((talk.output() == Messages{payload(RequestBlock{{0, 0, block_size}}),
                                        payload(RequestBlock{{1, 0, 8 * 1024}})}));
  BOOST_REQUIRE(talk.say(Block{0, 0, block}));
  const auto came = talk.next<BlockReceived>();
  BOOST_TEST((came.block == BlockIndex(0)));
  BOOST_TEST((Content(came.bytes.begin(), came.bytes.end()) == block));
  BOOST_TEST(talk.conversation.outstanding() == 1u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_asked_is_dropped_at_once) {
  Talk talk;
  talk.conversation.request(BlockIndex(1), Urgency::playing);
  BOOST_TEST((talk.next<RequestDropped>().block == BlockIndex(1)));
  BOOST_TEST(talk.output().empty());
}

BOOST_AUTO_TEST_CASE(a_rejected_block_is_dropped) {
  Fetching talk;
  talk.conversation.request(BlockIndex(1), Urgency::playing);
  BOOST_REQUIRE(talk.say(RejectBlock{{0, block_size, block_size}}));
  BOOST_TEST((talk.next<RequestDropped>().block == BlockIndex(1)));
  BOOST_TEST(talk.conversation.outstanding() == 0u);
}

BOOST_AUTO_TEST_CASE(a_choke_drops_requests_only_without_bep_6) {
  for (const bool fast : {true, false}) {
    Fetching talk(fast);
    talk.conversation.request(BlockIndex(1), Urgency::playing);
    BOOST_REQUIRE(talk.say(Choke{}));
    BOOST_TEST(talk.next<ChokedChanged>().choked);
    BOOST_TEST(!talk.conversation.can_request());
    if (!fast)
      BOOST_TEST((talk.next<RequestDropped>().block == BlockIndex(1)));
    BOOST_TEST(!talk.conversation.poll());
    BOOST_TEST(talk.conversation.outstanding() == (fast ? 1u : 0u));
    // It was on its way.
    BOOST_REQUIRE(talk.say(Block{0, block_size, block}));
    if (fast)
      (void)talk.next<BlockReceived>();
    else
      BOOST_TEST(talk.next<BytesUnasked>().bytes == block_size);
  }
}

BOOST_AUTO_TEST_CASE(a_block_that_comes_after_its_cancel_is_unasked) {
  FetchingUrgently talk;
  talk.conversation.request(BlockIndex(0), Urgency::playing);
  talk.conversation.cancel(BlockIndex(0));
  BOOST_TEST((talk.output().back() == payload(CancelBlock{{0, 0, block_size}})));
  BOOST_REQUIRE(talk.say(Block{0, 0, block}));
  BOOST_TEST(talk.next<BytesUnasked>().bytes == block_size);
  BOOST_TEST(!talk.say(Block{0, 0, block})); // twice is once too often
}

// WebTorrent may answer neither request.
BOOST_AUTO_TEST_CASE(who_may_be_webtorrent_is_not_told_of_a_cancel_soon) {
  Talk talk(true, false, false,
            {.files = {{"one", kit::random_content(6, std::size_t{40} * block_size)}}});
  BOOST_REQUIRE(talk.say(HaveAll{}));
  BOOST_REQUIRE(talk.say(Unchoke{}));
  (void)talk.next<AvailabilityChanged>();
  (void)talk.next<ChokedChanged>();
  for (std::uint32_t i = 0; i < 20; ++i)
    talk.conversation.request(BlockIndex(i), Urgency::playing);
  (void)talk.output();
  for (std::uint32_t i = 0; i < 17; ++i)
    talk.conversation.cancel(BlockIndex(i));
  BOOST_TEST((talk.output() == Messages{payload(CancelBlock{{0, 0, block_size}})}));
  talk.conversation.request(BlockIndex(1), Urgency::playing);
  BOOST_TEST(talk.output().empty()); // it is asked still
  BOOST_REQUIRE(talk.say(Block{1, 0, block}));
  (void)talk.next<BlockReceived>();
  BOOST_REQUIRE(talk.say(Block{2, 0, block}));
  (void)talk.next<BytesUnasked>();
  BOOST_REQUIRE(talk.say(RejectBlock{{3, 0, block_size}}));
  BOOST_TEST(!talk.conversation.poll());
  for (std::uint32_t i = 1; i <= 3; ++i)
    talk.conversation.request(BlockIndex(i), Urgency::playing);
  BOOST_TEST(talk.output().size() == 3); // all have been answered
}

// What was asked before it choked is asked no more, told or not.
BOOST_AUTO_TEST_CASE(a_choke_without_fast_ends_cancelled_requests_too) {
  Fetching talk(false);
  talk.conversation.request(BlockIndex(0), Urgency::playing);
  talk.conversation.cancel(BlockIndex(0));
  BOOST_REQUIRE(talk.say(Choke{}));
  BOOST_REQUIRE(talk.say(Unchoke{}));
  (void)talk.output();
  talk.conversation.request(BlockIndex(0), Urgency::playing);
  BOOST_TEST((talk.output() == Messages{payload(RequestBlock{{0, 0, block_size}})}));
}

// A peer with BEP 6 rejects what was cancelled; that is no answer to the same block asked anew.
BOOST_AUTO_TEST_CASE(the_rejection_of_a_cancelled_request_leaves_the_next_one) {
  FetchingUrgently talk;
  talk.conversation.request(BlockIndex(0), Urgency::playing);
  talk.conversation.cancel(BlockIndex(0));
  talk.conversation.request(BlockIndex(0), Urgency::playing);
  BOOST_REQUIRE(talk.say(RejectBlock{{0, 0, block_size}}));
  BOOST_TEST(!talk.conversation.poll());
  BOOST_REQUIRE(talk.say(Block{0, 0, block}));
  (void)talk.next<BlockReceived>();
}

BOOST_AUTO_TEST_CASE(a_block_that_is_asked_anew_is_taken_from_either_answer) {
  FetchingUrgently talk;
  talk.conversation.request(BlockIndex(0), Urgency::playing);
  talk.conversation.cancel(BlockIndex(0));
  talk.conversation.request(BlockIndex(0), Urgency::playing);
  BOOST_REQUIRE(talk.say(Block{0, 0, block}));
  (void)talk.next<BlockReceived>();
  BOOST_REQUIRE(talk.say(Block{0, 0, block}));
  (void)talk.next<BytesUnasked>();
  talk.conversation.request(BlockIndex(0), Urgency::playing);
  BOOST_REQUIRE(talk.say(RejectBlock{{0, 0, block_size}}));
  (void)talk.next<RequestDropped>();
}

BOOST_AUTO_TEST_CASE(what_is_asked_is_sent_once) {
  Giving talk;
  talk.conversation.send_block(talk.asked, block);
  talk.conversation.send_block(talk.asked, block);
  BOOST_TEST((talk.output() == Messages{payload(Block{0, 0, block})}));
}

BOOST_AUTO_TEST_CASE(what_is_asked_twice_is_sent_once) {
  Giving talk;
  BOOST_REQUIRE(talk.say(RequestBlock{talk.asked}));
  BOOST_TEST(!talk.conversation.poll());
}

BOOST_AUTO_TEST_CASE(a_cancelled_request_is_answered_with_bep_6_alone) {
  for (const bool fast : {true, false}) {
    Giving talk(fast);
    BOOST_REQUIRE(talk.say(CancelBlock{talk.asked}));
    BOOST_TEST((talk.next<RequestCancelled>().block == talk.asked));
    talk.conversation.reject(talk.asked);
    talk.conversation.reject(talk.asked);
    BOOST_TEST((talk.output() == (fast ? Messages{payload(RejectBlock{talk.asked})} : Messages{})));
  }
}

BOOST_AUTO_TEST_CASE(choking_rejects_all_that_was_asked) {
  for (const bool fast : {true, false}) {
    Giving talk(fast);
    talk.conversation.set_choking(true);
    const Messages choked = fast ? Messages{payload(Choke{}), payload(RejectBlock{talk.asked})}
                                 : Messages{payload(Choke{})};
    BOOST_TEST((talk.output() == choked));
    talk.conversation.send_block(talk.asked, block);
    BOOST_TEST(talk.output().empty());
    BOOST_REQUIRE(talk.say(RequestBlock{talk.asked}));
    BOOST_TEST(!talk.conversation.poll());
    BOOST_TEST(talk.output().size() == (fast ? 1u : 0u));
  }
}

BOOST_AUTO_TEST_CASE(a_piece_that_is_lost_is_taken_back) {
  Giving talk;
  BOOST_REQUIRE(talk.say(test::extended(0, "d1:md11:lt_donthavei7eee")));
  (void)talk.next<PeerFeatures>();
  talk.conversation.lost(PieceIndex(0));
  (void)talk.next<RequestCancelled>();
  BOOST_TEST((talk.output() == Messages{payload(RejectBlock{talk.asked}),
                                        payload(test::extended(7, {"\0\0\0\0", 4}))}));
  BOOST_REQUIRE(talk.say(RequestBlock{talk.asked}));
  BOOST_TEST(!talk.conversation.poll());
  talk.conversation.have(PieceIndex(0));
  talk.conversation.have(PieceIndex(0));
  BOOST_TEST((talk.output() == Messages{payload(RejectBlock{talk.asked}), payload(Have{0})}));
}

BOOST_AUTO_TEST_CASE(a_loss_is_told_once_the_peer_can_be_told) {
  Talk talk;
  talk.conversation.lost(PieceIndex(0));
  talk.conversation.lost(PieceIndex(1));
  talk.conversation.have(PieceIndex(1)); // the peer never knew better
  BOOST_TEST(talk.output().empty());
  BOOST_REQUIRE(talk.say(test::extended(0, "d1:md11:lt_donthavei7eee")));
  BOOST_TEST((talk.output() == Messages{payload(test::extended(7, {"\0\0\0\0", 4}))}));
}

BOOST_AUTO_TEST_CASE(urgency_is_told_when_it_changes_and_only_to_who_understands) {
  Fetching talk;
  talk.conversation.request(BlockIndex(0), Urgency::background);
  BOOST_TEST(talk.output().size() == 1u);
  BOOST_REQUIRE(talk.say(test::extended(0, "d1:md13:triad_urgencyi5eee")));
  BOOST_TEST(talk.next<PeerFeatures>().triad);
  talk.conversation.request(BlockIndex(1), Urgency::playing); // as the peer takes it to be
  BOOST_TEST((talk.output() == Messages{payload(RequestBlock{{0, block_size, block_size}})}));
  talk.conversation.request(BlockIndex(2), Urgency::background);
  BOOST_TEST((talk.output() == Messages{payload(test::extended(5, "\x02")),
                                        payload(RequestBlock{{1, 0, 8 * 1024}})}));
}

BOOST_AUTO_TEST_CASE(the_peers_urgency_holds_until_it_changes) {
  Giving talk;
  const auto ask = [&](std::uint32_t begin) {
    BOOST_REQUIRE(talk.say(RequestBlock{{0, begin, 100}}));
    return talk.next<BlockRequested>().urgency;
  };
  BOOST_TEST((ask(0) == Urgency::playing));
  BOOST_REQUIRE(talk.say(test::extended(2, "\x01")));
  BOOST_TEST((ask(100) == Urgency::prefetch));
  BOOST_TEST((ask(200) == Urgency::prefetch));
  BOOST_REQUIRE(talk.say(test::extended(2, "\x09 and more"))); // of a later Triad
  BOOST_TEST((ask(300) == Urgency::background));
  BOOST_REQUIRE(talk.say(test::extended(2, {"\0", 1})));
  BOOST_TEST((ask(400) == Urgency::playing));
}

BOOST_AUTO_TEST_CASE(upload_only_is_told_again_when_it_changes) {
  Talk talk;
  talk.conversation.set_upload_only(true);
  talk.conversation.set_upload_only(true);
  const Messages said = talk.output();
  BOOST_REQUIRE(said.size() == 1u);
  BOOST_TEST(kit::to_text(said[0]).find("11:upload_onlyi1e") != std::string::npos);
}

// What is behind a file's end in a v2-only release is zeros, and is not sent (BEP 52).
BOOST_AUTO_TEST_CASE(v2_gaps_are_not_asked_for) {
  kit::ReleaseSpec spec;
  spec.files = {{"a.ogg", kit::random_content(1, 20'000)}, {"b.ogg", kit::random_content(2, 100)}};
  spec.format = kit::Format::v2;
  spec.piece_length = 64 * 1024;
  Talk talk(true, false, true, spec);
  BOOST_REQUIRE(talk.say(HaveAll{}));
  BOOST_REQUIRE(talk.say(Unchoke{}));
  (void)talk.next<AvailabilityChanged>();
  (void)talk.next<ChokedChanged>();
  (void)talk.output();
  talk.conversation.request(BlockIndex(1), Urgency::playing); // 3,616 bytes, then the gap
  talk.conversation.request(BlockIndex(2), Urgency::playing); // nothing but gap
  BOOST_TEST((talk.output() == Messages{payload(RequestBlock{{0, block_size, 3'616}})}));
  const auto gap = talk.next<BlockReceived>();
  BOOST_TEST((gap.block == BlockIndex(2)));
  BOOST_TEST((Content(gap.bytes.begin(), gap.bytes.end()) == Content(block_size)));
  Content whole(block.begin(), block.begin() + 3'616);
  BOOST_REQUIRE(talk.say(Block{0, block_size, whole}));
  const auto came = talk.next<BlockReceived>();
  whole.resize(block_size);
  BOOST_TEST((Content(came.bytes.begin(), came.bytes.end()) == whole));
}

BOOST_AUTO_TEST_CASE(what_was_said_before_the_metainfo_came_counts) {
  Conversation conversation(test::settings_of(1), {});
  const auto release = kit::make_release(test::two_pieces());
  auto hello = test::handshake();
  const std::byte bits{0x40};
  for (const auto& message :
       {bytes_of(Bitfield{{&bits, 1}}), bytes_of(Have{0}), bytes_of(Unchoke{})})
    hello.insert(hello.end(), message.begin(), message.end());
  BOOST_REQUIRE(conversation.receive(hello));
  while (conversation.poll())
    ;
  auto said = conversation.take_output();
  said.erase(said.begin(), said.begin() + 68);
  BOOST_TEST(test::messages_in(said).size() == 1u); // nothing about pieces yet
  BOOST_TEST(!conversation.can_request());
  BOOST_TEST(conversation.peer_has(PieceIndex(0)));
  BOOST_REQUIRE(conversation.set_content(test::content_of(release, false)));
  BOOST_TEST((test::messages_in(conversation.take_output()) == Messages{payload(HaveNone{})}));
  BOOST_TEST(std::holds_alternative<AvailabilityChanged>(*conversation.poll()));
  BOOST_TEST(conversation.peer_has_all());
  BOOST_TEST(conversation.can_request());
}

BOOST_AUTO_TEST_SUITE_END()
