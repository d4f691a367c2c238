// SPDX-License-Identifier: LGPL-2.1-or-later
// Multicast DNS messages: to the byte as RFC 1035 and 6762 have them, and as strangers may send
// them.
#include "peers/link/mdns.h"

#include "link/mdns_packet.h"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace triad;
using namespace triad::link_tests;

namespace {

const std::string asked = "0b7a1e9e.local";

std::vector<std::string> read(const DnsPacket& packet, const std::string& name = asked) {
  const auto addresses = parse_mdns_response(packet.bytes(), name);
  BOOST_REQUIRE_MESSAGE(addresses, (addresses ? "" : addresses.error().message));
  return *addresses;
}

bool refused(Bytes packet) {
  const auto addresses = parse_mdns_response(packet, asked);
  return !addresses && addresses.error().code == ErrorCode::bad_message;
}

const std::vector<std::string> none;

BOOST_AUTO_TEST_SUITE(mdns_messages)

BOOST_AUTO_TEST_CASE(a_query_to_the_byte) {
  DnsPacket expected(0x1234, 0);
  expected.question(asked, 1, 0x8001).question(asked, 28, 0x8001);
  BOOST_TEST((write_mdns_query(0x1234, asked) == expected.bytes()));
}

BOOST_AUTO_TEST_CASE(names_that_can_not_be_asked_for) {
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".local"), std::string("a..local"),
        std::string("a.local."), std::string(64, 'a') + ".local", std::string(250, 'a')})
    BOOST_TEST(write_mdns_query(1, name).empty());
  std::string longest;
  for (int i = 0; i < 126; ++i)
    longest += "a.";
  longest += "b";
  BOOST_TEST(longest.size() == 253U);
  BOOST_TEST(!write_mdns_query(1, longest).empty());
  BOOST_TEST(write_mdns_query(1, longest + "c").empty());
}

BOOST_AUTO_TEST_CASE(addresses) {
  DnsPacket packet(0, 0x8400);
  packet.answer(asked, 1, 0x8001, 120, {10, 79, 0, 1})
      .answer(asked, 28, 1, 120, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})
      .answer(asked, 1, 0x8001, 120, {10, 79, 0, 1}); // the same once more
  BOOST_TEST((read(packet) == std::vector<std::string>{"10.79.0.1", "2001:db8::1"}));
}

BOOST_AUTO_TEST_CASE(only_the_name_that_was_asked_for) {
  DnsPacket packet(0, 0x8400);
  packet.answer("other.local", 1, 1, 120, {10, 79, 0, 1})
      .answer("x." + asked, 1, 1, 120, {10, 79, 0, 2})
      .answer("local", 1, 1, 120, {10, 79, 0, 3})
      .answer("0B7A1E9E.Local", 1, 1, 120, {10, 79, 0, 4});
  BOOST_TEST((read(packet) == std::vector<std::string>{"10.79.0.4"}));
}

BOOST_AUTO_TEST_CASE(what_is_no_address) {
  DnsPacket packet(0, 0x8400);
  packet
      .answer(asked, 1, 1, 0, {10, 79, 0, 1})         // goodbye
      .answer(asked, 1, 3, 120, {10, 79, 0, 1})       // another class
      .answer(asked, 16, 1, 120, {10, 79, 0, 1})      // another type
      .answer(asked, 1, 1, 120, {10, 79, 0})          // a wrong length
      .answer(asked, 28, 1, 120, {10, 79, 0, 1})      //
      .answer(asked, 1, 1, 120, {0, 0, 0, 0})         // no single host
      .answer(asked, 1, 1, 120, {224, 0, 0, 251})     //
      .answer(asked, 1, 1, 120, {255, 255, 255, 255}) //
      .answer(asked, 28, 1, 120, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})
      .answer(asked, 28, 1, 120, {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfb});
  BOOST_TEST((read(packet) == none));
}

BOOST_AUTO_TEST_CASE(sections) {
  DnsPacket packet(0, 0x8400);
  packet.question(asked, 1, 1)
      .answer(asked, 47, 1, 120, {})
      .authority(asked, 1, 1, 120, {10, 79, 0, 1}) // what a probe claims; not an answer
      .additional(asked, 1, 1, 120, {10, 79, 0, 2});
  BOOST_TEST((read(packet) == std::vector<std::string>{"10.79.0.2"}));
}

BOOST_AUTO_TEST_CASE(compression) {
  DnsPacket packet(0, 0x8400);
  packet.question(asked, 1, 1); // the name at 12, ".local" at 21
  packet.answer_at(12, {10, 79, 0, 1}).answer_label_at("0b7a1e9e", 21, {10, 79, 0, 2});
  BOOST_TEST((read(packet) == std::vector<std::string>{"10.79.0.1", "10.79.0.2"}));
}

BOOST_AUTO_TEST_CASE(compression_that_leads_nowhere) {
  for (const unsigned target : {0U, 11U, 12U, 13U, 500U, 0x3fffU}) {
    DnsPacket packet(0, 0x8400);
    packet.answer_at(target, {10, 79, 0, 1}); // the pointer itself stands at 12
    BOOST_TEST(refused(packet.bytes()), target);
  }
  // Ahead, to where a name really stands: the record has 16 bytes.
  DnsPacket ahead(0, 0x8400);
  ahead.answer_at(12 + 16, {10, 79, 0, 1}).answer(asked, 1, 1, 120, {10, 79, 0, 1});
  BOOST_TEST(refused(ahead.bytes()));
  // A label and then a pointer to before it: a circle that would grow for ever.
  DnsPacket circle(0, 0x8400);
  circle.answer_label_at("a", 12, {10, 79, 0, 1});
  BOOST_TEST(refused(circle.bytes()));
  // A long way back, pointer by pointer: each record's name points to the one before.
  DnsPacket chain(0, 0x8400);
  chain.question(asked, 1, 1);
  unsigned at = 12;
  for (int jumps = 1; jumps <= 16; ++jumps) {
    const auto here = static_cast<unsigned>(chain.bytes().size());
    chain.answer_at(at, {10, 79, 0, 1});
    at = here;
  }
  BOOST_TEST(!refused(chain.bytes()));
  chain.answer_at(at, {10, 79, 0, 1});
  BOOST_TEST(refused(chain.bytes()));
}

BOOST_AUTO_TEST_CASE(malformed) {
  DnsPacket packet(0, 0x8400);
  packet.answer(asked, 1, 1, 120, {10, 79, 0, 1});
  const auto& bytes = packet.bytes();
  BOOST_REQUIRE(!refused(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    BOOST_TEST(refused(Bytes(bytes).first(size)), size);
  for (const unsigned flags : {0x0400U, 0x8403U, 0xa400U}) { // a query; an error; an operation
    DnsPacket other(0, flags);
    other.answer(asked, 1, 1, 120, {10, 79, 0, 1});
    BOOST_TEST(refused(other.bytes()));
  }
  DnsPacket label(0, 0x8400);
  label.answer_label_at(std::string(64, 'a'), 12, {10, 79, 0, 1}); // 01 at the top: reserved
  BOOST_TEST(refused(label.bytes()));
  BOOST_TEST(refused(std::vector<std::byte>(9001)));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
