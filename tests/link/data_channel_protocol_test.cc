// SPDX-License-Identifier: LGPL-2.1-or-later
// The opening of data channels: to the byte as RFC 8832 draws it, and as strangers may send it.
#include "peers/link/data_channel_protocol.h"

#include "kit/random.h"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <string>
#include <vector>

using namespace triad;

namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> result;
  for (const int value : values)
    result.push_back(static_cast<std::byte>(value));
  return result;
}

bool refused(const std::vector<std::byte>& message) {
  const auto parsed = parse_channel_message(message);
  return !parsed && parsed.error().code == ErrorCode::bad_message;
}

// An opening of the given type with these as label and protocol.
std::vector<std::byte> opening(int type, const std::string& label,
                               const std::string& protocol = {}) {
  auto message = write_channel_open({true, true, label, protocol});
  message[1] = static_cast<std::byte>(type);
  return message;
}

BOOST_AUTO_TEST_SUITE(channel_openings)

BOOST_AUTO_TEST_CASE(to_the_byte) {
  BOOST_TEST((write_channel_ack() == bytes({2})));
  BOOST_TEST((write_channel_open({true, true, "ab", "c"}) ==
              bytes({3, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 'a', 'b', 'c'})));
  BOOST_TEST((write_channel_open({false, true, "", ""}) ==
              bytes({3, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})));
  // A browser's: reliable, normal priority (256), a label of 40 digits.
  auto message = opening(0, std::string(40, '7'));
  message[2] = std::byte{1};
  const auto parsed = parse_channel_message(message);
  BOOST_REQUIRE(parsed);
  const auto& open = std::get<ChannelOpen>(*parsed);
  BOOST_TEST(open.label == std::string(40, '7'));
  BOOST_TEST(open.ordered);
  BOOST_TEST(open.reliable);
}

BOOST_AUTO_TEST_CASE(types) {
  for (const int type : {0x00, 0x01, 0x02, 0x80, 0x81, 0x82}) {
    const auto parsed = parse_channel_message(opening(type, "x"));
    BOOST_REQUIRE(parsed);
    BOOST_TEST(std::get<ChannelOpen>(*parsed).reliable == ((type & 0x7f) == 0));
    BOOST_TEST(std::get<ChannelOpen>(*parsed).ordered == (type < 0x80));
  }
  for (const int type : {0x03, 0x7f, 0x83, 0xff})
    BOOST_TEST(refused(opening(type, "x")));
}

BOOST_AUTO_TEST_CASE(malformed) {
  BOOST_TEST(refused({}));
  BOOST_TEST(refused(bytes({0})));
  BOOST_TEST(refused(bytes({2, 0})));
  BOOST_TEST(refused(bytes({3})));
  auto message = opening(0, "label", "protocol");
  for (std::size_t size = 0; size < message.size(); ++size)
    BOOST_TEST(refused({message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size)}));
  message.push_back(std::byte{0});
  BOOST_TEST(refused(message));
  BOOST_TEST(!refused(opening(0, std::string(max_channel_label, 'x'))));
  BOOST_TEST(refused(opening(0, std::string(max_channel_label + 1, 'x'))));
  BOOST_TEST(refused(opening(0, "x", std::string(max_channel_label + 1, 'x'))));
}

BOOST_AUTO_TEST_CASE(text_is_utf8) {
  for (const char* label : {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8e\xb5", "\xef\xbf\xbf",
                            "\xf4\x8f\xbf\xbf", "a\xc2\x80z"})
    BOOST_TEST(!refused(opening(0, label)));
  for (const char* label :
       {"\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82x"}) {
    BOOST_TEST(refused(opening(0, label)));
    BOOST_TEST(refused(opening(0, "x", label)));
  }
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  kit::Random random(2);
  for (int i = 0; i < 200; ++i) {
    const ChannelOpen open{random.chance(0.5), random.chance(0.5),
                           std::string(random.below(max_channel_label + 1), 'l'),
                           std::string(random.below(max_channel_label + 1), 'p')};
    const auto parsed = parse_channel_message(write_channel_open(open));
    BOOST_REQUIRE(parsed);
    BOOST_TEST((std::get<ChannelOpen>(*parsed) == open));
  }
  BOOST_TEST(std::holds_alternative<ChannelAck>(*parse_channel_message(write_channel_ack())));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
