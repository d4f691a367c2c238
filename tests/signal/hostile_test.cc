// SPDX-License-Identifier: LGPL-2.1-or-later
// What no honest peer sends: refused with a reason, or harmless.
#include "peers/signal/replies.h"
#include "peers/signal/requests.h"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <string>

using namespace triad;
using namespace triad::signal;

namespace {

constexpr std::string_view id20 = "iiiiiiiiiiiiiiiiiiii";

// An announce whose field `key` has `value`, after a good one where an announce has that field.
std::string with(std::string_view key, std::string_view value) {
  std::string text = R"({"action":"announce","info_hash":")";
  ((text += id20) += R"(","peer_id":")") += id20;
  ((((text += "\",\"") += key) += "\":") += value) += '}';
  return text;
}

std::string outcome(std::string_view text) {
  RequestParser parser;
  const auto request = parser.parse(text);
  return request ? "accepted" : request.error().message;
}

std::string repeated(std::string_view what, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i)
    all += what;
  return all;
}

std::string quoted(std::string_view text) {
  return '"' + std::string(text) + '"';
}

BOOST_AUTO_TEST_SUITE(hostile)

BOOST_AUTO_TEST_CASE(no_json) {
  for (const char* text :
       {"", " ", "{", "}", "{\"action\"", "{\"action\":}", "{,}", "[", "announce",
        "{\"action\":\"announce\",}", "{}{}", "{} x", "{'action':1}", "\xff{}", "{\"n\":01}",
        "{\"n\":NaN}", "{\"n\":tru}", "{\"n\":-}", "\xef\xbb\xbf{}"})
    BOOST_TEST(outcome(text).starts_with("invalid JSON: "), text);
  for (const char* text : {"[]", "null", "7", "\"announce\"", "true"})
    BOOST_TEST(outcome(text) == "invalid message: not a JSON object", text);
}

BOOST_AUTO_TEST_CASE(strings_that_are_no_unicode) {
  for (const char* bad :
       {R"("\ud800")", R"("\udc00")", R"("\ud800\ud800")", R"("\ud800x")", R"("\udc00\ud800")",
        R"("\q")", R"("\u12")", R"("\u12g4")", "\"\xed\xa0\x80\"", "\"\xc0\x80\"", "\"\xff\"",
        "\"\xc3\"", "\"\xf4\x90\x80\x80\"", "\"\n\"", "\"\x01\""}) {
    BOOST_TEST(outcome(with("unknown", bad)).starts_with("invalid JSON: "), bad);
    const std::string offers =
        R"([{"offer":{"type":"offer","sdp":)" + std::string(bad) + R"(},"offer_id":"x"}])";
    BOOST_TEST(outcome(with("offers", offers)).starts_with("invalid JSON: "), bad);
  }
}

BOOST_AUTO_TEST_CASE(ids_of_other_lengths_and_characters) {
  const std::string nineteen(id20.substr(1));
  for (const std::string& bad : std::initializer_list<std::string>{
           quoted(""), quoted(nineteen), quoted(nineteen + "ii"), quoted(nineteen + "\xc4\x80"),
           quoted(nineteen + "\xe2\x82\xac"), quoted(nineteen + "\xf0\x9f\x8e\xb5"),
           quoted(nineteen + R"(\u0100)"), quoted(repeated("ab", 20)), "null", "20", "[]", "{}",
           quoted(repeated("i", 100'000))}) {
    BOOST_TEST(outcome(with("peer_id", bad)) == "invalid peer_id", bad);
    BOOST_TEST(outcome(with("info_hash", bad)) == "invalid info_hash", bad);
  }
  for (const std::string& good : std::initializer_list<std::string>{
           quoted(nineteen + R"(\u0000)"), quoted(nineteen + R"(\u00ff)"),
           quoted(nineteen + "\xc3\xbf"), quoted(nineteen + R"(\/)"),
           quoted(repeated(R"(\u00e9)", 20))})
    BOOST_TEST(outcome(with("peer_id", good)) == "accepted", good);
}

// As JavaScript reads them.
BOOST_AUTO_TEST_CASE(of_equal_keys_the_last_counts) {
  RequestParser parser;
  const auto left = [&](std::string_view text) {
    const auto request = parser.parse(text);
    BOOST_REQUIRE(request);
    return std::get<AnnounceRequest>(*request).left;
  };
  BOOST_TEST(left(with("left", R"(1,"left":2)")).value() == 2u);
  BOOST_TEST(!left(with("left", R"(1,"left":null)")));
  BOOST_TEST(outcome(with("action", R"("frob")")) == "invalid action in WS request: frob");
  const auto two = with("offers", R"([{"offer":{"sdp":"a"},"offer_id":"iiiiiiiiiiiiiiiiiiii"}],)"
                                  R"("offers":[{"offer":{"sdp":"b","sdp":"c"},)"
                                  R"("offer_id":"iiiiiiiiiiiiiiiiiiii"}])");
  const auto request = parser.parse(two);
  BOOST_REQUIRE(request);
  BOOST_REQUIRE(std::get<AnnounceRequest>(*request).offers.size() == 1u);
  BOOST_TEST(std::get<AnnounceRequest>(*request).offers[0].sdp == "c");
}

BOOST_AUTO_TEST_CASE(numbers_beyond_64_bits) {
  BOOST_TEST(outcome(with("left", "99999999999999999999")).starts_with("invalid JSON: "));
  BOOST_TEST(outcome(with("left", "-99999999999999999999")).starts_with("invalid JSON: "));
  BOOST_TEST(outcome(with("left", "1e999")).starts_with("invalid JSON: "));
  BOOST_TEST(outcome(with("left", "1" + repeated("0", 10'000))).starts_with("invalid JSON: "));
  BOOST_TEST(outcome(with("numwant", "1e308")) == "accepted");
  BOOST_TEST(outcome(with("left", "0." + repeated("0", 10'000) + "1")) == "accepted");
}

BOOST_AUTO_TEST_CASE(nesting) {
  for (const std::size_t depth : {2'000u, 100'000u, 500'000u}) {
    BOOST_TEST(outcome(with("offers", repeated("[", depth) + repeated("]", depth)))
                   .starts_with("invalid JSON: "));
    BOOST_TEST(outcome(repeated("[", depth)).starts_with("invalid JSON: "));
    BOOST_TEST(outcome(repeated("{\"a\":", depth)).starts_with("invalid JSON: "));
  }
  BOOST_TEST(outcome(with("offers", repeated("[", 500) + repeated("]", 500))) == "accepted");
}

BOOST_AUTO_TEST_CASE(more_than_is_wanted) {
  const std::string offer =
      R"({"offer":{"type":"offer","sdp":"v=0"},"offer_id":)" + quoted(id20) + "}";
  RequestParser parser(RequestLimits{3, 100, 2});
  const auto parse = [&](const std::string& text) {
    auto request = parser.parse(text);
    BOOST_REQUIRE_MESSAGE(request, (request ? "" : request.error().message));
    return std::move(*request);
  };
  BOOST_TEST(std::get<AnnounceRequest>(
                 parse(with("offers", "[" + repeated(offer + ",", 5'000) + offer + "]")))
                 .offers.size() == 3u);
  BOOST_TEST(
      std::get<ScrapeRequest>(parse(R"({"action":"scrape","info_hash":[)" +
                                    repeated(quoted(id20) + ",", 5'000) + quoted(id20) + "]}"))
          .info_hashes.size() == 2u);
  const auto described = [&](std::size_t size) {
    return R"([{"offer":{"sdp":")" + repeated("v", size) + R"("},"offer_id":)" + quoted(id20) +
           "}]";
  };
  BOOST_TEST(std::get<AnnounceRequest>(parse(with("offers", described(100)))).offers.size() == 1u);
  const auto refused = parser.parse(with("offers", described(101)));
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().message == "offer too long");
  BOOST_TEST(outcome(repeated(" ", 1024 * 1024 + 1)).starts_with("invalid JSON: "));
  BOOST_TEST(outcome("[" + repeated("0,", 500'000) + "0]") == "invalid message: not a JSON object");
}

BOOST_AUTO_TEST_CASE(offers_that_are_none_are_left_out) {
  RequestParser parser;
  const auto request = parser.parse(with(
      "offers", R"([null,7,"x",[],{},{"offer":null,"offer_id":"iiiiiiiiiiiiiiiiiiii"},)"
                R"({"offer":{"type":"offer"},"offer_id":"iiiiiiiiiiiiiiiiiiii"},)"
                R"({"offer":{"sdp":7},"offer_id":"iiiiiiiiiiiiiiiiiiii"},)"
                R"({"offer":"v=0","offer_id":"iiiiiiiiiiiiiiiiiiii"},)"
                R"({"offer":{"sdp":"v=0"},"offer_id":"short"},{"offer":{"sdp":"v=0"}},)"
                R"({"more":1,"offer_id":"iiiiiiiiiiiiiiiiiiii","offer":{"sdp":"good","x":{}}}])"));
  BOOST_REQUIRE(request);
  BOOST_REQUIRE(std::get<AnnounceRequest>(*request).offers.size() == 1u);
  BOOST_TEST(std::get<AnnounceRequest>(*request).offers[0].sdp == "good");
}

BOOST_AUTO_TEST_CASE(answers_that_are_none_are_refused) {
  const std::string to = quoted(id20) + R"(,"to_peer_id":)" + quoted(id20);
  for (const char* bad : {"7", "\"v=0\"", "{}", "[]", "true", R"({"sdp":null})"})
    BOOST_TEST(outcome(with("offer_id", to + R"(,"answer":)" + bad)) == "invalid answer", bad);
  BOOST_TEST(outcome(with("answer", R"({"sdp":""},"to_peer_id":)" + quoted(id20))) ==
             "invalid offer_id");
  BOOST_TEST(outcome(with("offer_id", to + R"(,"answer":{"sdp":")" + repeated("v", 20'000) +
                                          "\"}")) == "answer too long");
}

// The reason goes back in a frame that must be UTF-8, and small.
BOOST_AUTO_TEST_CASE(the_reason_is_cut_between_code_points) {
  for (const char* letter : {"a", "\xc3\xbf", "\xe2\x82\xac", "\xf0\x9f\x8e\xb5"}) {
    const std::string reason = outcome(R"({"action":")" + repeated(letter, 1000) + "\"}");
    BOOST_TEST(reason.size() < 100u);
    std::string frame;
    append(frame, Failure{reason, std::nullopt});
    ReplyParser parser;
    const auto reply = parser.parse(frame);
    BOOST_REQUIRE(reply);
    BOOST_TEST(std::get<Failure>(*reply).reason == reason);
  }
}

BOOST_AUTO_TEST_CASE(the_parser_is_good_after_a_bad_message) {
  RequestParser parser;
  const std::string good = with("left", "0");
  for (const std::string& bad : std::initializer_list<std::string>{
           "{", repeated("[", 100'000), with("left", "99999999999999999999"), ""}) {
    BOOST_TEST(!parser.parse(bad));
    BOOST_TEST(bool(parser.parse(good)));
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
