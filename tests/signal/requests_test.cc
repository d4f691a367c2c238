// SPDX-License-Identifier: LGPL-2.1-or-later
// Requests as clients really send them, and as they never should.
#include "peers/signal/requests.h"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace triad;
using namespace triad::signal;

namespace {

const std::string hash20 = R"("aaaaaaaaaaaaaaaaaaaa")";
const std::string peer20 = R"("-WW0300-2pTw4cwh+Yoe")";
const std::string offer20 = R"("oooooooooooooooooooo")";

// An announce with `more` behind its fixed fields.
std::string announce(const std::string& more) {
  return R"({"action":"announce","info_hash":)" + hash20 + R"(,"peer_id":)" + peer20 + more + "}";
}

AnnounceRequest parsed(const std::string& text) {
  RequestParser parser;
  const auto request = parser.parse(text);
  BOOST_REQUIRE_MESSAGE(request, text << ": " << (request ? "" : request.error().message));
  BOOST_REQUIRE(std::holds_alternative<AnnounceRequest>(*request));
  AnnounceRequest announce = std::get<AnnounceRequest>(*request);
  announce.offers.clear(); // their text is gone with the parser
  return announce;
}

std::string failure(const std::string& text) {
  RequestParser parser;
  const auto request = parser.parse(text);
  BOOST_REQUIRE_MESSAGE(!request, text);
  BOOST_TEST(static_cast<int>(request.error().code) == static_cast<int>(ErrorCode::bad_message));
  return request.error().message;
}

BOOST_AUTO_TEST_SUITE(requests)

BOOST_AUTO_TEST_CASE(a_leecher_offers) {
  RequestParser parser;
  const auto request = parser.parse(
      R"({"numwant":5,"uploaded":0,"downloaded":0,"left":30000000,"event":"started",)"
      R"("action":"announce","info_hash":"\u0000\u001fABCDEFGHIJKLMNOP\u00ffÿ","peer_id":)" +
      peer20 + R"(,"offers":[{"offer":{"type":"offer","sdp":"v=0\r\n\"x\""},"offer_id":)" +
      offer20 + "}]}");
  BOOST_REQUIRE(request);
  const auto& got = std::get<AnnounceRequest>(*request);
  BOOST_TEST(got.info_hash.bytes[0] == 0);
  BOOST_TEST(got.info_hash.bytes[1] == 0x1f);
  BOOST_TEST(got.info_hash.bytes[18] == 0xff);
  BOOST_TEST(got.info_hash.bytes[19] == 0xff);
  BOOST_TEST(got.peer_id.bytes[0] == '-');
  BOOST_TEST((got.event == Event::started));
  BOOST_TEST(got.left.value() == 30000000u);
  BOOST_TEST(got.uploaded.value() == 0u);
  BOOST_TEST(got.numwant == 5u);
  BOOST_REQUIRE(got.offers.size() == 1u);
  BOOST_TEST(got.offers[0].sdp == "v=0\r\n\"x\"");
  BOOST_TEST(got.offers[0].id.bytes[19] == 'o');
}

BOOST_AUTO_TEST_CASE(numbers_as_javascript_writes_them) {
  BOOST_TEST(parsed(announce(R"(,"left":3e7)")).left.value() == 30000000u);
  BOOST_TEST(parsed(announce(R"(,"left":0.0)")).left.value() == 0u);
  BOOST_TEST(parsed(announce(R"(,"left":0.25)")).left.value() == 1u); // something is missing
  BOOST_TEST(parsed(announce(R"(,"left":1e300)")).left.value() == UINT64_MAX);
  BOOST_TEST(parsed(announce(R"(,"left":18446744073709551615)")).left.value() == UINT64_MAX);
  for (const char* none : {"null", "-1", "-0.5", "\"0\"", "[]", "{}", "true", "-1e300"})
    BOOST_TEST(!parsed(announce(std::string(R"(,"left":)") + none)).left);
  BOOST_TEST(!parsed(announce("")).left);
  BOOST_TEST(parsed(announce("")).numwant == 50u);
  BOOST_TEST(parsed(announce(R"(,"numwant":-1)")).numwant == 50u);
  BOOST_TEST(parsed(announce(R"(,"numwant":null)")).numwant == 50u);
  BOOST_TEST(parsed(announce(R"(,"numwant":0)")).numwant == 0u);
  BOOST_TEST(parsed(announce(R"(,"numwant":5.0)")).numwant == 5u);
  BOOST_TEST(parsed(announce(R"(,"numwant":1e12)")).numwant == UINT32_MAX);
}

BOOST_AUTO_TEST_CASE(absent_and_unknown_fields_do_not_matter) {
  for (const char* more :
       {R"(,"event":"")", R"(,"event":"empty")", R"(,"event":"update")", R"(,"event":"frob")",
        R"(,"event":null)", R"(,"event":3)", R"(,"offers":null)", R"(,"offers":7)",
        R"(,"offers":[])", R"(,"answer":null,"to_peer_id":null)", R"(,"trackerid":{"a":[1]})"})
    BOOST_TEST((parsed(announce(more)).event == Event::none), more);
  BOOST_TEST((parsed(announce(R"(,"event":"completed")")).event == Event::completed));
  BOOST_TEST((parsed(announce(R"(,"event":"stopped")")).event == Event::stopped));
  BOOST_TEST((parsed(announce(R"(,"event":"paused")")).event == Event::paused));
  BOOST_TEST((parsed(announce(R"(,"\u0065vent":"paused")")).event == Event::paused));
}

BOOST_AUTO_TEST_CASE(an_answer) {
  RequestParser parser;
  const std::string text =
      announce(R"(,"to_peer_id":)" + hash20 +
               R"(,"answer":{"type":"answer","sdp":"v=0\r\n"},"offer_id":)" + offer20);
  const auto request = parser.parse(text);
  BOOST_REQUIRE(request);
  const auto& got = std::get<AnswerRequest>(*request);
  BOOST_TEST(got.to_peer_id.bytes[0] == 'a');
  BOOST_TEST(got.offer_id.bytes[0] == 'o');
  BOOST_TEST(got.sdp == "v=0\r\n");
}

BOOST_AUTO_TEST_CASE(scrapes) {
  RequestParser parser;
  const auto hashes = [&](const std::string& more) {
    const auto request = parser.parse(R"({"action":"scrape")" + more + "}");
    BOOST_REQUIRE(request);
    return std::get<ScrapeRequest>(*request).info_hashes.size();
  };
  BOOST_TEST(hashes("") == 0u);
  BOOST_TEST(hashes(R"(,"info_hash":null)") == 0u);
  BOOST_TEST(hashes(R"(,"info_hash":)" + hash20) == 1u);
  BOOST_TEST(hashes(R"(,"info_hash":[)" + hash20 + "," + peer20 + "]") == 2u);
  std::string many = hash20;
  for (int i = 0; i < 200; ++i)
    many += "," + hash20;
  BOOST_TEST(hashes(R"(,"info_hash":[)" + many + "]") == RequestLimits{}.info_hashes);
  for (const char* bad : {"[]", "7", "{}", "\"a\"", "[null]", "[[]]"})
    BOOST_TEST(failure(std::string(R"({"action":"scrape","info_hash":)") + bad + "}") ==
               "invalid info_hash");
}

BOOST_AUTO_TEST_CASE(refused_in_the_words_that_clients_know) {
  BOOST_TEST(failure("{}") == "invalid action in WS request: undefined");
  BOOST_TEST(failure(R"({"action":"frob"})") == "invalid action in WS request: frob");
  BOOST_TEST(failure(R"({"action":"announce"})") == "invalid info_hash");
  BOOST_TEST(failure(R"({"action":"announce","info_hash":[)" + hash20 + "]}") ==
             "invalid info_hash");
  BOOST_TEST(failure(R"({"action":"announce","info_hash":)" + hash20 + "}") == "invalid peer_id");
  BOOST_TEST(failure(announce(R"(,"to_peer_id":null,"answer":{"sdp":""},"offer_id":)" + offer20)) ==
             "invalid `to_peer_id` (required with `answer`)");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
