// SPDX-License-Identifier: LGPL-2.1-or-later
// Replies: to the byte as other trackers send them, and Triad's extension in both directions.
#include "peers/signal/replies.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using namespace triad;
using namespace triad::signal;

namespace {

template <typename Id>
Id filled(char c) {
  Id id;
  std::fill(id.bytes.begin(), id.bytes.end(), static_cast<std::uint8_t>(c));
  return id;
}

const InfoHash hash = filled<InfoHash>('h');
const PeerId peer = filled<PeerId>('p');
const OfferId offer = filled<OfferId>('o');

std::string written(const auto& reply) {
  std::string out;
  append(out, reply);
  return out;
}

BOOST_AUTO_TEST_SUITE(replies)

BOOST_AUTO_TEST_CASE(as_others_send_them) {
  BOOST_TEST(written(AnnounceReply{hash, 24, 1, 2, {}}) ==
             R"({"complete":1,"incomplete":2,"action":"announce","interval":24,)"
             R"("info_hash":"hhhhhhhhhhhhhhhhhhhh"})");
  BOOST_TEST(written(RelayedOffer{hash, peer, offer, "v=0\r\n"}) ==
             R"({"action":"announce","offer":{"type":"offer","sdp":"v=0\r\n"},)"
             R"("offer_id":"oooooooooooooooooooo","peer_id":"pppppppppppppppppppp",)"
             R"("info_hash":"hhhhhhhhhhhhhhhhhhhh"})");
  BOOST_TEST(written(RelayedAnswer{hash, peer, offer, "v=0\r\n"}) ==
             R"({"action":"announce","answer":{"type":"answer","sdp":"v=0\r\n"},)"
             R"("offer_id":"oooooooooooooooooooo","peer_id":"pppppppppppppppppppp",)"
             R"("info_hash":"hhhhhhhhhhhhhhhhhhhh"})");
  BOOST_TEST(written(ScrapeReply{{{hash, 1, 2, 3}}, 120}) ==
             R"({"action":"scrape","files":{"hhhhhhhhhhhhhhhhhhhh":)"
             R"({"complete":1,"incomplete":2,"downloaded":3}},)"
             R"("flags":{"min_request_interval":120}})");
  BOOST_TEST(written(Failure{"invalid peer_id", {}}) == R"({"failure reason":"invalid peer_id"})");
  BOOST_TEST(written(Failure{"no", hash}) ==
             R"({"action":"announce","info_hash":"hhhhhhhhhhhhhhhhhhhh","failure reason":"no"})");
}

BOOST_AUTO_TEST_CASE(the_extension) {
  BOOST_TEST(written(AnnounceReply{hash, 0, 0, 0, TriadExtension{false, {"stun:a:1", "stun:b:2"}}})
                 .ends_with(R"(,"triad":{"peers":false,"stun":["stun:a:1","stun:b:2"]}})"));
  BOOST_TEST(written(AnnounceReply{hash, 0, 0, 0, TriadExtension{true, {"stun:a:1"}}})
                 .ends_with(R"(,"triad":{"stun":["stun:a:1"]}})"));
}

// The keys in another order, numbers as floats, and what only other trackers send.
BOOST_AUTO_TEST_CASE(as_others_may_send_them) {
  ReplyParser parser;
  const std::string id = R"("info_hash":"hhhhhhhhhhhhhhhhhhhh",)";
  const auto announce = [&](const std::string& fields) {
    const auto reply = parser.parse("{" + id + fields + R"(,"action":"announce"})");
    BOOST_REQUIRE_MESSAGE(reply, fields << ": " << (reply ? "" : reply.error().message));
    return std::get<AnnounceReply>(*reply);
  };
  const AnnounceReply expected{hash, 120, 1, 2, {}};
  BOOST_TEST((announce(R"("interval":119.5,"complete":1.0,"incomplete":2e0,"peers":[],)"
                       R"("x":{"offer":{"sdp":"v=0"}})") == expected));
  BOOST_TEST(announce(R"("min interval":30)").interval == 30u);
  BOOST_TEST(announce(R"("interval":60,"min interval":30)").interval == 60u);
  BOOST_TEST(announce(R"("interval":1e30)").interval == UINT32_MAX);
  for (const char* odd : {R"("interval":null)", R"("interval":-1)", R"("interval":"60")",
                          R"("complete":null,"offer":null,"answer":null,"peer_id":null)"})
    BOOST_TEST((announce(odd) == AnnounceReply{hash, 0, 0, 0, {}}), odd);
}

BOOST_AUTO_TEST_CASE(the_extension_as_it_may_come) {
  ReplyParser parser;
  const auto triad = [&](const std::string& value) {
    const auto reply = parser.parse(
        R"({"action":"announce","info_hash":"hhhhhhhhhhhhhhhhhhhh","triad":)" + value + "}");
    BOOST_REQUIRE_MESSAGE(reply, value << ": " << (reply ? "" : reply.error().message));
    return std::get<AnnounceReply>(*reply).triad;
  };
  for (const char* none : {"null", "7", "[]", "false", "\"peers\""})
    BOOST_TEST(!triad(none), none);
  for (const char* nothing : {"{}", R"({"peers":true})", R"({"peers":null})", R"({"peers":0})",
                              R"({"stun":null})", R"({"stun":"stun:a:1"})", R"({"stun":[]})",
                              R"({"stun":[null,7,"turn:a:1","http://a/"]})", R"({"later":1})"})
    BOOST_TEST((triad(nothing) == TriadExtension{}), nothing);
  BOOST_TEST(
      (triad(R"({"stun":["stun:a:1"],"peers":false})") == TriadExtension{false, {"stun:a:1"}}));
  std::string many = R"("stun:a:1")";
  for (int i = 0; i < 1000; ++i)
    many += R"(,"stun:a:1")";
  BOOST_TEST(triad(R"({"stun":[)" + many + "]}")->stun.size() == max_stun_urls);
  BOOST_TEST(triad(R"({"stun":["stun:)" + std::string(max_stun_url, 'a') + "\"]}")->stun.empty());
}

BOOST_AUTO_TEST_CASE(relayed_ones_need_all_their_names) {
  ReplyParser parser;
  const std::string start = R"({"action":"announce",)";
  const std::string whole =
      R"("info_hash":"hhhhhhhhhhhhhhhhhhhh","peer_id":"pppppppppppppppppppp",)"
      R"("offer_id":"oooooooooooooooooooo",)";
  for (const std::string kind : {"offer", "answer"}) {
    const std::string body = '"' + kind + R"(":{"type":"x","sdp":"v=0"}})";
    BOOST_TEST(bool(parser.parse(start + whole + body)));
    for (const std::string key : {"info_hash", "peer_id", "offer_id"}) {
      std::string without = whole;
      without.replace(without.find(key), key.size(), "unknown");
      const auto reply = parser.parse(start + without + body);
      BOOST_REQUIRE(!reply);
      BOOST_TEST(reply.error().message == "invalid " + key + " in the tracker's message");
    }
  }
}

BOOST_AUTO_TEST_CASE(scrapes_as_they_may_come) {
  ReplyParser parser;
  const auto bad = [&](const std::string& fields) {
    return !parser.parse(R"({"action":"scrape")" + fields + "}");
  };
  BOOST_TEST(bad(""));
  BOOST_TEST(bad(R"(,"files":null)"));
  BOOST_TEST(bad(R"(,"files":[])"));
  BOOST_TEST(bad(R"(,"files":{"short":{}})"));
  BOOST_TEST(bad(R"(,"files":{"hhhhhhhhhhhhhhhhhhhh":7})"));
  const auto reply =
      parser.parse(R"({"files":{"hhhhhhhhhhhhhhhhhhhh":{"incomplete":3.0,"name":"x"},)"
                   R"("\u0070ppppppppppppppppppp":{}},"action":"scrape"})");
  BOOST_REQUIRE(reply);
  const ScrapeReply expected{{{hash, 0, 3, 0}, {filled<InfoHash>('p'), 0, 0, 0}}, 0};
  BOOST_TEST((std::get<ScrapeReply>(*reply) == expected));
}

BOOST_AUTO_TEST_CASE(failures_as_they_may_come) {
  ReplyParser parser;
  const auto failure = [&](const std::string& text) {
    const auto reply = parser.parse(text);
    BOOST_REQUIRE(reply);
    return std::get<Failure>(*reply);
  };
  BOOST_TEST(failure(R"({"failure reason":"invalid info_hash"})").reason == "invalid info_hash");
  BOOST_TEST(!failure(R"({"failure reason":"x","info_hash":"short"})").info_hash);
  BOOST_TEST((failure(R"({"action":"scrape","failure reason":"x",)"
                      R"("info_hash":"hhhhhhhhhhhhhhhhhhhh"})")
                  .info_hash == hash));
  for (const char* none : {"{}", R"({"failure reason":""})", R"({"failure reason":7})",
                           R"({"action":"frob"})", R"({"action":7})"})
    BOOST_TEST(!parser.parse(none), none);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
