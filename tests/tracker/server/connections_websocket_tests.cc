// SPDX-License-Identifier: LGPL-2.1-or-later
// WebSocket connections: messages whole and in parts, slow readers, silent and rude peers.
#include "connections_fixture.h"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace triad::tracker;

BOOST_FIXTURE_TEST_SUITE(connections_websocket, ConnectionsFixture)

BOOST_AUTO_TEST_CASE(messages_come_whole_however_they_were_sent) {
  auto client = open_websocket();
  client.send_text("one");
  client.send_frame(0x82, "binary");
  client.send_frame(0x01, "fr");
  client.send_frame(0x89, "are you there"); // between fragments (RFC 6455 section 5.4)
  client.send_frame(0x00, "agm");
  client.send_frame(0x80, "ents");
  client.send_text(std::string(100'000, 'x'));
  pump();
  BOOST_REQUIRE(messages.size() == 4);
  BOOST_TEST(messages[0].second == "one");
  BOOST_TEST(messages[1].second == "binary");
  BOOST_TEST(messages[2].second == "fragments");
  BOOST_TEST(messages[3].second.size() == 100'000);
  const auto pong = client.read_frame();
  BOOST_REQUIRE(pong);
  BOOST_TEST(pong->opcode == 10u);
  BOOST_TEST(pong->payload == "are you there");
}

BOOST_AUTO_TEST_CASE(a_message_may_come_byte_by_byte) {
  auto client = open_websocket();
  auto other = open_websocket();
  std::string frame("\x81\x85", 2);
  frame += std::string("\0\0\0\0hello", 9);
  for (const char byte : frame) {
    BOOST_TEST(messages.empty());
    client.send({&byte, 1});
    pump();
  }
  BOOST_REQUIRE(messages.size() == 1);
  BOOST_TEST(messages[0].second == "hello");
}

BOOST_AUTO_TEST_CASE(frames_may_come_with_the_handshake) {
  auto client = connect();
  std::string early("\x81\x82\0\0\0\0hi", 8);
  client.send("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" +
              early);
  pump();
  BOOST_TEST(client.read_answer().status == 101u);
  BOOST_TEST(messages.size() == 1);
}

BOOST_AUTO_TEST_CASE(who_breaks_the_protocol_is_told_and_ends) {
  const auto code_after = [&](const std::function<void(triad::test::WebSocketClient&)>& misdeed) {
    auto client = open_websocket();
    misdeed(client);
    pump();
    const unsigned code = client.read_close();
    client.close();
    pump();
    return code;
  };
  limits.message_bytes = 1000;
  connections.apply(limits, 0);
  const std::string half(600, 'x');
  BOOST_TEST(code_after([](auto& c) { c.send_frame(0x81, "unmasked", false); }) == 1002u);
  BOOST_TEST(code_after([](auto& c) { c.send_frame(0xc1, "reserved bit"); }) == 1002u);
  BOOST_TEST(code_after([](auto& c) { c.send_frame(0x83, "reserved opcode"); }) == 1002u);
  BOOST_TEST(code_after([](auto& c) { c.send_frame(0x80, "continues nothing"); }) == 1002u);
  BOOST_TEST(code_after([](auto& c) {
               c.send_frame(0x01, "a");
               c.send_frame(0x81, "b");
             }) == 1002u);
  BOOST_TEST(code_after([&](auto& c) { c.send_text(half + half); }) == 1009u);
  BOOST_TEST(code_after([&](auto& c) {
               c.send_frame(0x01, half);
               c.send_frame(0x80, half);
             }) == 1009u);
  BOOST_TEST(messages.empty());
  BOOST_TEST(access.refusals().of(Refusal::message_bytes) == 2u);
  BOOST_TEST(connections.size() == 0u);
  BOOST_TEST(ended.size() == 7u);
}

BOOST_AUTO_TEST_CASE(a_close_frame_is_answered_and_the_connection_ends) {
  auto client = open_websocket();
  client.send_frame(0x88, "\x03\xe8thank you");
  client.send_text("too late");
  pump();
  BOOST_TEST(client.read_close() == 1000u);
  BOOST_TEST(client.read_end());
  BOOST_TEST(messages.empty());
  client.close();
  pump();
  BOOST_TEST(connections.size() == 0u);
  BOOST_TEST(ended.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_slow_reader_is_not_listened_to_and_gets_all_in_the_end) {
  echo = true;
  auto slow = open_websocket();
  auto other = open_websocket();
  const std::string text(50'000, 's');
  // More than the sockets hold, and less than may be queued.
  while (messages.size() < 20) {
    const std::size_t before = messages.size();
    slow.send_text(text);
    pump();
    if (messages.size() == before) {
      break;
    }
  }
  const std::size_t heard = messages.size();
  BOOST_TEST(heard < 20u);
  other.send_text("served");
  pump();
  BOOST_TEST(other.read_text() == "served");
  for (std::size_t i = 0; i < heard + 1; ++i) { // the one that waited, too
    pump();
    BOOST_TEST(slow.read_text() == text);
  }
  BOOST_TEST(ended.empty());
}

BOOST_AUTO_TEST_CASE(a_reader_who_falls_behind_too_far_ends_and_others_do_not) {
  limits.queued_bytes = 100'000;
  connections.apply(limits, 0);
  auto slow = open_websocket();
  auto other = open_websocket();
  const std::string text(10'000, 's');
  for (int i = 0; i < 200; ++i) {
    connections.send(0, text);
    connections.send(1, "x");
    BOOST_TEST(other.read_text() == "x");
  }
  pump();
  connections.settle();
  BOOST_TEST(ended == std::vector<ConnectionId>{0});
  BOOST_TEST(access.refusals().of(Refusal::queued_bytes) == 1u);
  BOOST_TEST(connections.size() == 1u);
}

BOOST_AUTO_TEST_CASE(who_is_silent_is_asked_and_ends_if_he_does_not_answer) {
  auto silent = open_websocket();
  auto alive = open_websocket();
  pass(160);
  for (auto* client : {&silent, &alive}) {
    const auto ping = client->read_frame();
    BOOST_REQUIRE(ping);
    BOOST_TEST(ping->opcode == 9u);
  }
  alive.send_frame(0x8a, "");
  pump();
  pass(145);
  BOOST_TEST(ended == std::vector<ConnectionId>{0});
  BOOST_TEST(silent.read_end()); // one ping was enough
  pass(20);
  BOOST_TEST(alive.read_frame()->opcode == 9u); // its half is over again
  BOOST_TEST(connections.size() == 1u);
}

BOOST_AUTO_TEST_CASE(who_does_not_read_at_all_counts_as_silent) {
  echo = true;
  auto stuck = open_websocket();
  while (messages.size() < 20) {
    const std::size_t before = messages.size();
    stuck.send_text(std::string(50'000, 's'));
    pump();
    if (messages.size() == before) {
      break;
    }
  }
  pass(301);
  BOOST_TEST(ended.size() == 1u);
}

BOOST_AUTO_TEST_CASE(who_has_more_than_his_share_of_what_waits_is_ended) {
  limits.waiting_bytes = 1'000'000;
  limits.queued_bytes = 100'000'000;
  connections.apply(limits, 0);
  std::vector<triad::test::WebSocketClient> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(open_websocket());
  }
  // Nine begin a message of 60,000 bytes, which may wait; one reads nothing.
  const std::string begun("\x81\xff\0\0\0\0\0\x01\0\0mask", 14);
  for (std::size_t i = 0; i < 9; ++i) {
    clients[i].send(begun + std::string(60'000, ' '));
  }
  pump();
  BOOST_TEST(ended.empty());
  const std::string frame(50'000, ' ');
  for (int i = 0; i < 100 && ended.empty(); ++i) {
    connections.send(9, frame);
    connections.settle();
  }
  BOOST_REQUIRE_EQUAL(ended.size(), 1u);
  BOOST_TEST(ended.front() == 9u);
  BOOST_TEST(access.refusals().of(Refusal::queued_bytes) == 1u);
  // What it had counts no more: there is room for another.
  auto last = open_websocket();
  last.send(begun + std::string(60'000, ' '));
  pump();
  pass(2);
  BOOST_TEST(ended.size() == 1u);
  // All have their share now, and one of them too much.
  limits.waiting_bytes = 550'000;
  connections.apply(limits, 0);
  pass(2);
  BOOST_TEST(ended.size() >= 2u);
  BOOST_TEST(ended.size() < 11u);
}

BOOST_AUTO_TEST_CASE(too_many_messages_end_a_connection) {
  rules.address.messages_per_second = 1; // ten at once: it came and asked for the WebSocket
  access.apply(rules);
  auto client = open_websocket();
  for (int i = 0; i < 12; ++i) {
    client.send_text("again");
  }
  pump();
  BOOST_TEST(messages.size() == 8u);
  BOOST_TEST(client.read_close() == 1008u);
  BOOST_TEST(access.refusals().of(Refusal::address_messages) >= 1u);
  client.send_frame(0x88, "\x03\xf0");
  pump();
  BOOST_TEST(connections.size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_number_is_used_again_and_nothing_reaches_the_wrong_one) {
  auto first = open_websocket();
  first.close();
  pump();
  BOOST_TEST(ended == std::vector<ConnectionId>{0});
  auto second = open_websocket();
  connections.send(0, "for the second");
  connections.send(7, "for nobody");
  BOOST_TEST(second.read_text() == "for the second");
  // An event of the first that comes late, while the second has not read everything.
  connections.send(0, std::string(500'000, 's'));
  connections.handle(0, EPOLLHUP);
  pump();
  BOOST_TEST(ended == std::vector<ConnectionId>{0});
}

BOOST_AUTO_TEST_CASE(everybody_is_told_when_the_tracker_stops) {
  auto polite = open_websocket();
  auto rude = open_websocket();
  auto waiting = connect();
  connections.stop();
  BOOST_TEST(waiting.read_end());
  BOOST_TEST(polite.read_close() == 1001u);
  polite.send_frame(0x88, "\x03\xe9");
  pump();
  BOOST_TEST(polite.read_end());
  BOOST_TEST(connections.size() == 1u);
  pass(3);
  BOOST_TEST(connections.size() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
