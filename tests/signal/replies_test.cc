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

BOOST_AUTO_TEST_SUITE_END()

} // namespace
