// SPDX-License-Identifier: LGPL-2.1-or-later
// What is written is read as the same; what is cut off is never taken for a message.
#include "signal/random_messages.h"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace triad;
using namespace triad::signal;

namespace {

constexpr int rounds = 400;

template <typename Message>
void returns(RequestParser& parser, const Message& message) {
  const std::string text = write(message);
  const auto parsed = parser.parse(text);
  BOOST_REQUIRE_MESSAGE(parsed, text << ": " << (parsed ? "" : parsed.error().message));
  BOOST_REQUIRE(std::holds_alternative<Message>(*parsed));
  BOOST_REQUIRE_MESSAGE(std::get<Message>(*parsed) == message, text);
}

template <typename Message>
void returns(ReplyParser& parser, const Message& message) {
  std::string text = "before";
  append(text, message);
  BOOST_REQUIRE(text.starts_with("before"));
  text.erase(0, 6);
  const auto parsed = parser.parse(text);
  BOOST_REQUIRE_MESSAGE(parsed, text << ": " << (parsed ? "" : parsed.error().message));
  BOOST_REQUIRE(std::holds_alternative<Message>(*parsed));
  BOOST_REQUIRE_MESSAGE(std::get<Message>(*parsed) == message, text);
}

// Exactly as long as the text, so that AddressSanitizer sees any step beyond it.
void refused_when_cut(auto& parser, const std::string& whole) {
  BOOST_REQUIRE(parser.parse(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<char> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto parsed = parser.parse({part.data(), part.size()});
    BOOST_REQUIRE_MESSAGE(!parsed, whole.substr(0, size));
    BOOST_REQUIRE(parsed.error().message.starts_with("invalid JSON: "));
  }
}

std::string written(const auto& reply) {
  std::string out;
  append(out, reply);
  return out;
}

BOOST_AUTO_TEST_SUITE(properties)

BOOST_AUTO_TEST_CASE(requests_return) {
  RandomMessages random(20260101);
  RequestParser parser;
  for (int round = 0; round < rounds; ++round) {
    returns(parser, random.announce());
    returns(parser, random.answer());
    returns(parser, random.scrape());
  }
}

BOOST_AUTO_TEST_CASE(replies_return) {
  RandomMessages random(20260102);
  ReplyParser parser;
  for (int round = 0; round < rounds; ++round) {
    returns(parser, random.announce_reply());
    returns(parser, random.offer());
    returns(parser, random.relayed_answer());
    returns(parser, random.scrape_reply());
    returns(parser, random.failure());
  }
}

BOOST_AUTO_TEST_CASE(every_byte_of_an_id_returns) {
  RequestParser parser;
  for (unsigned first = 0; first < 256; ++first) {
    ScrapeRequest request;
    request.info_hashes.resize(1);
    for (unsigned i = 0; i < 20; ++i)
      request.info_hashes[0].bytes[i] = static_cast<std::uint8_t>(first + i);
    returns(parser, request);
  }
}

// As short as JSON allows: only what must be escaped is, in its shortest form.
BOOST_AUTO_TEST_CASE(every_byte_of_an_id_is_written_short) {
  for (unsigned value = 0; value < 256; ++value) {
    InfoHash id;
    id.bytes.fill(static_cast<std::uint8_t>(value));
    const bool letter = value == 8 || value == 9 || value == 10 || value == 12 || value == 13;
    const std::size_t each = letter || value == '"' || value == '\\' || value >= 0x80 ? 2
                             : value < 0x20                                           ? 6
                                                                                      : 1;
    const std::string text = write(ScrapeRequest{{id}});
    BOOST_TEST(text.size() ==
                   std::string(R"({"action":"scrape","info_hash":[""]})").size() + 20 * each,
               text);
  }
}

// Escapes are looked for in eight bytes at once: each place among them, and each neighbour.
BOOST_AUTO_TEST_CASE(an_escape_at_every_place) {
  ReplyParser parser;
  for (unsigned value = 0; value < 128; ++value)
    for (std::size_t at = 0; at < 24; ++at)
      for (const char neighbour : {'a', '!', '#', '[', ']', ' ', '\x7f', '\x01'}) {
        std::string reason(24, neighbour);
        reason[at] = static_cast<char>(value);
        returns(parser, Failure{reason, std::nullopt});
      }
}

BOOST_AUTO_TEST_CASE(long_texts_return) {
  RandomMessages random(20260103);
  RequestParser parser(RequestLimits{10, 100 * 1024, 100});
  for (const std::size_t size : {511u, 512u, 513u, 1024u, 5000u, 100'000u})
    for (const char c : {'a', '\n', '\x01'}) {
      AnswerRequest request = random.answer();
      const std::string text(size, c);
      request.sdp = text;
      returns(parser, request);
    }
}

BOOST_AUTO_TEST_CASE(cut_requests_are_refused) {
  RandomMessages random(20260104);
  RequestParser parser;
  AnnounceRequest announce = random.announce();
  announce.offers = {{random.id<OfferId>(), random.text(200)},
                     {random.id<OfferId>(), random.text(200)}};
  refused_when_cut(parser, write(announce));
  refused_when_cut(parser, write(random.answer()));
  refused_when_cut(parser, write(random.scrape()));
}

BOOST_AUTO_TEST_CASE(cut_replies_are_refused) {
  RandomMessages random(20260105);
  ReplyParser parser;
  AnnounceReply announce = random.announce_reply();
  announce.triad = TriadExtension{false, {"stun:192.0.2.1:3478", "stun:[2001:db8::1]:3478"}};
  refused_when_cut(parser, written(announce));
  refused_when_cut(parser, written(random.offer()));
  refused_when_cut(parser, written(random.relayed_answer()));
  refused_when_cut(parser, written(random.scrape_reply()));
  refused_when_cut(parser, written(random.failure()));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
