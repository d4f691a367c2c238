// SPDX-License-Identifier: LGPL-2.1-or-later
// What a hostile peer may say, and that it ends the conversation or costs nothing.
#include "peers/wire/extensions.h"
#include "release/metainfo.h"
#include "wire/talk.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::wire;
using test::bytes_of;
using test::Talk;

namespace {

using Content = std::vector<std::byte>;

void refused(Talk& talk, const Content& bytes, std::string_view why) {
  const auto said = talk.say(bytes);
  BOOST_REQUIRE_MESSAGE(!said, "was taken; expected: " << why);
  BOOST_TEST((said.error().code == ErrorCode::bad_message));
  BOOST_TEST(said.error().message.find(why) != std::string::npos, said.error().message);
}

void refused(const Message& message, std::string_view why, bool fast = true) {
  Talk talk(fast);
  talk.conversation.set_choking(false);
  refused(talk, bytes_of(message), why);
}

Content many(std::size_t count, const Content& each) {
  Content all;
  for (std::size_t i = 0; i < count; ++i)
    all.insert(all.end(), each.begin(), each.end());
  return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(limits)

BOOST_AUTO_TEST_CASE(another_releases_handshake) {
  Conversation conversation(test::settings_of(1), {});
  Content hello;
  append(hello, Handshake{Sha1{}, test::id_of(9), true, true, false});
  BOOST_TEST(!conversation.receive(hello));
}

BOOST_AUTO_TEST_CASE(our_own_handshake) {
  Conversation conversation(test::settings_of(1), {});
  const Content own = conversation.take_output();
  BOOST_TEST(!conversation.receive(own));
}

BOOST_AUTO_TEST_CASE(messages_that_are_too_long) {
  Talk talk;
  refused(talk, {std::byte{0}, std::byte{1}, std::byte{0}, std::byte{1}}, "65537 bytes");
  Conversation magnet(test::settings_of(1), {}); // a bitfield of 2^21 pieces may come
  auto hello = test::handshake();
  const Content longest = bytes_of(Bitfield{Content(max_pieces / 8)});
  hello.insert(hello.end(), longest.begin(), longest.end());
  BOOST_TEST(bool(magnet.receive(hello)));
  const Content longer = bytes_of(Bitfield{Content(max_pieces / 8 + 1)});
  BOOST_TEST(!magnet.receive(longer));
}

BOOST_AUTO_TEST_CASE(pieces_that_do_not_exist) {
  refused(Have{2}, "does not fit");
  refused(Bitfield{}, "does not fit");
  refused(Bitfield{Content(2)}, "does not fit");
  const std::byte spare{0x20};
  refused(Bitfield{{&spare, 1}}, "does not fit");
  refused(RequestBlock{{2, 0, 100}}, "does not exist");
  refused(RejectBlock{{2, 0, 100}}, "not asked for");
  refused(Block{2, 0, Content(100)}, "not asked for");
  Talk talk;
  refused(talk, test::extended(3, {"\0\0\0\2", 4}), "does not fit");
}

BOOST_AUTO_TEST_CASE(pieces_that_prove_not_to_exist) {
  const auto release = kit::make_release(test::two_pieces());
  const std::byte spare{0x20};
  const Content too_many(2);
  for (const Message& message :
       {Message(Have{2}), Message(Bitfield{{&spare, 1}}), Message(Bitfield{too_many})}) {
    Conversation conversation(test::settings_of(1), {});
    auto hello = test::handshake();
    const auto more = bytes_of(message);
    hello.insert(hello.end(), more.begin(), more.end());
    BOOST_REQUIRE(conversation.receive(hello));
    BOOST_TEST(!conversation.set_content(test::content_of(release, false)));
  }
  Conversation conversation(test::settings_of(1), {});
  auto hello = test::handshake();
  const auto more = bytes_of(Have{max_pieces});
  hello.insert(hello.end(), more.begin(), more.end());
  BOOST_TEST(!conversation.receive(hello));
}

BOOST_AUTO_TEST_CASE(messages_of_an_extension_that_was_not_agreed_on) {
  for (const Message& message : {Message(HaveAll{}), Message(HaveNone{}), Message(Suggest{0}),
                                 Message(AllowedFast{0}), Message(RejectBlock{{0, 0, 100}})})
    refused(message, "not agreed on", false);
}

BOOST_AUTO_TEST_CASE(requests_of_no_possible_length) {
  refused(RequestBlock{{0, 0, 0}}, "at once");
  refused(RequestBlock{{0, 0, max_request_length + 1}}, "at once");
}

BOOST_AUTO_TEST_CASE(requests_that_leave_the_piece_are_rejected) {
  for (const BlockRequest& block :
       {BlockRequest{0, 1, 32 * 1024}, BlockRequest{1, 0, 8 * 1024 + 1},
        BlockRequest{0, UINT32_MAX, 2}, BlockRequest{0, 32 * 1024, 1}}) {
    Talk talk;
    talk.conversation.set_choking(false);
    (void)talk.output();
    BOOST_REQUIRE(talk.say(RequestBlock{block}));
    BOOST_TEST(!talk.conversation.poll());
    const auto said = talk.output();
    BOOST_REQUIRE(said.size() == 1u);
    BOOST_TEST(hex(said[0]) == hex(bytes_of(RejectBlock{block})).substr(8));
  }
}

BOOST_AUTO_TEST_CASE(the_251st_request_is_rejected) {
  for (const bool fast : {true, false}) {
    Talk talk(fast);
    talk.conversation.set_choking(false);
    (void)talk.output();
    for (std::uint32_t at = 0; at < max_requests + 10; ++at)
      BOOST_REQUIRE(talk.say(RequestBlock{{0, at, 1}}));
    std::uint32_t requested = 0;
    while (const auto event = talk.conversation.poll())
      requested += std::holds_alternative<BlockRequested>(*event) ? 1u : 0u;
    BOOST_TEST(requested == max_requests);
    BOOST_TEST(talk.output().size() == (fast ? 10u : 0u));
    // Cancelling makes no room before the answer, with BEP 6.
    BOOST_REQUIRE(talk.say(CancelBlock{{0, 0, 1}}));
    BOOST_REQUIRE(talk.say(RequestBlock{{0, 5'000, 1}}));
    (void)talk.next<RequestCancelled>();
    BOOST_TEST(talk.conversation.poll().has_value() == !fast);
  }
}

BOOST_AUTO_TEST_CASE(blocks_that_nobody_asked_for) {
  refused(Block{0, 0, Content(block_size)}, "not asked for");
  const Content longer(block_size + 1);
  const Bytes whole = Bytes(longer).first(block_size);
  for (const Message& message :
       {Message(Block{0, 0, whole.first(100)}), Message(Block{0, 0, longer}),
        Message(Block{0, 1, whole}), Message(Block{0, block_size, whole}),
        Message(Block{1, 0, whole}), Message(Block{0, 0, {}})}) {
    Talk each;
    BOOST_REQUIRE(each.say(Unchoke{}));
    each.conversation.request(BlockIndex(0), Urgency::playing);
    refused(each, bytes_of(message), "not asked for");
  }
}

BOOST_AUTO_TEST_CASE(our_requests_keep_to_the_peers_limit) {
  Talk talk;
  BOOST_REQUIRE(talk.say(Unchoke{}));
  BOOST_TEST(talk.conversation.request_limit() == max_requests);
  BOOST_REQUIRE(talk.say(test::extended(0, "d4:reqqi2ee")));
  BOOST_TEST(talk.conversation.request_limit() == 2u);
  talk.conversation.request(BlockIndex(0), Urgency::playing);
  talk.conversation.request(BlockIndex(1), Urgency::playing);
  BOOST_TEST(!talk.conversation.can_request());
  for (const char* nonsense : {"d4:reqqi0ee", "d4:reqqi-5ee", "d4:reqq1:5e"}) {
    BOOST_REQUIRE(talk.say(test::extended(0, nonsense)));
    BOOST_TEST(talk.conversation.request_limit() == 2u);
  }
  BOOST_REQUIRE(talk.say(test::extended(0, "d4:reqqi100000ee")));
  BOOST_TEST(talk.conversation.request_limit() == max_requests);
}

// A peer that asks and asks and never reads: what waits for it stays within bounds.
BOOST_AUTO_TEST_CASE(who_does_not_read_is_left) {
  const Content request = bytes_of(RequestBlock{{0, 0, 100}}); // rejected, as we choke
  const Content hash_request = bytes_of(RequestHashes{});      // rejected, as there is no v2
  for (const Content& flood : {many(1000, request), many(1000, hash_request)}) {
    Talk talk;
    std::size_t said = 0;
    while (talk.say(flood)) {
      while (talk.conversation.poll())
        ;
      said += flood.size();
      BOOST_REQUIRE(said < 2 * max_unsent);
    }
    BOOST_TEST(talk.conversation.take_output().size() < max_unsent + 2 * flood.size());
  }
}

BOOST_AUTO_TEST_CASE(who_reads_may_go_on) {
  Talk talk;
  const Content flood = many(1000, bytes_of(RequestBlock{{0, 0, 100}}));
  for (int round = 0; round < 200; ++round) {
    BOOST_REQUIRE(talk.say(flood));
    BOOST_TEST(talk.output().size() == 1000u);
  }
}

BOOST_AUTO_TEST_CASE(broken_extension_messages) {
  for (const auto& [id, payload] : std::vector<std::pair<std::uint8_t, std::string>>{
           {0, ""},
           {0, "i5e"},
           {0, "d"},
           {0, "d1:m"},
           {0, std::string(100, 'l')},
           {1, ""},
           {1, "d8:msg_typei0ee"},
           {1, "d5:piecei0ee"},
           {1, "d8:msg_typei0e5:piecei-1ee"},
           {1, "d8:msg_typei0e5:piecei1024ee"}, // there are 1,024 of them
           {1, "d8:msg_typei1e5:piecei0e10:total_sizei0eex"},
           {1, "d8:msg_typei1e5:piecei0e10:total_sizei16777217eex"},
           {2, ""},
           {3, ""},
           {3, "abc"},
           {3, "abcde"}}) {
    Talk talk;
    refused(talk, test::extended(id, payload), "malformed");
  }
}

// Each costs who hears of it a look at all pieces.
BOOST_AUTO_TEST_CASE(pieces_that_come_and_go_are_told_once_at_a_time) {
  Talk talk;
  auto both = bytes_of(HaveAll{});
  const auto none = bytes_of(HaveNone{});
  both.insert(both.end(), none.begin(), none.end());
  for (int round = 0; round < 2; ++round) {
    BOOST_REQUIRE(talk.say(many(1000, both)));
    BOOST_TEST(!talk.next<AvailabilityChanged>().piece);
    BOOST_TEST(!talk.conversation.poll());
    BOOST_TEST(!talk.conversation.peer_has(PieceIndex(0)));
  }
}

BOOST_AUTO_TEST_CASE(what_is_unknown_is_ignored) {
  Talk talk;
  BOOST_REQUIRE(talk.say(KeepAlive{}));
  BOOST_REQUIRE(talk.say(Unknown{9}));
  BOOST_REQUIRE(talk.say(test::extended(200, "anything")));
  BOOST_REQUIRE(talk.say(test::extended(1, "d8:msg_typei7e5:piecei0ee")));
  BOOST_REQUIRE(talk.say(Suggest{7}));
  BOOST_REQUIRE(talk.say(AllowedFast{7}));
  BOOST_REQUIRE(talk.say(CancelBlock{{0, 0, 5}}));
  BOOST_REQUIRE(talk.say(RejectHashes{}));
  BOOST_TEST(!talk.conversation.poll());
  BOOST_TEST(talk.output().empty());
}

BOOST_AUTO_TEST_CASE(the_info_dictionary_is_given_a_few_times_only) {
  Talk talk;
  const auto info = std::make_shared<Content>(kit::random_content(1, 40'000)); // three parts
  auto content = test::content_of(talk.release, true);
  content.info = info;
  BOOST_REQUIRE(talk.conversation.set_content(content));
  BOOST_REQUIRE(talk.say(test::extended(0, "d1:md11:ut_metadatai9eee")));
  (void)talk.output();
  std::size_t sent = 0;
  for (int round = 0; round < 100; ++round) {
    BOOST_REQUIRE(talk.say(test::extended(1, "d8:msg_typei0e5:piecei1ee")));
    for (const Content& message : talk.output())
      sent += message.size();
  }
  BOOST_TEST(sent < 5 * info->size() + 100 * 40);
  BOOST_TEST(sent > info->size());
}

BOOST_AUTO_TEST_CASE(hash_requests_wait_for_an_answer_sixteen_at_a_time) {
  kit::ReleaseSpec spec = test::two_pieces();
  spec.format = kit::Format::hybrid;
  Talk talk(true, true, true, spec);
  for (std::uint32_t at = 0; at < 20; ++at)
    BOOST_REQUIRE(talk.say(RequestHashes{HashRequest{{}, 0, at, 2, 0}}));
  for (std::size_t at = 0; at < max_hash_requests; ++at)
    (void)talk.next<HashesRequested>();
  BOOST_TEST(!talk.conversation.poll());
  BOOST_TEST(talk.output().size() == 20 - max_hash_requests);
  Talk other(true, true, true, spec);
  refused(other, bytes_of(Hashes{{}, Content(64)}), "not asked for");
}

BOOST_AUTO_TEST_SUITE_END()
