// SPDX-License-Identifier: LGPL-2.1-or-later
// Any frame that a tracker receives: what is accepted returns when it is written again, and is good
// to pass on; what is refused has a reason that can be sent back.
#include "peers/signal/requests.h"

#include "fuzz/require.h"
#include "peers/signal/replies.h"

#include <string>

using namespace triad;
using namespace triad::signal;

namespace {

template <typename Message>
void require_returns(const Message& message) {
  std::string frame;
  append(frame, message);
  ReplyParser parser;
  const auto again = parser.parse(frame);
  FUZZ_REQUIRE(again && *again == Reply(message));
}

template <typename Request_>
void require_same(const Request_& request) {
  RequestParser parser;
  const auto again = parser.parse(write(request));
  FUZZ_REQUIRE(again && *again == Request(request));
}

void require_good(const AnnounceRequest& request) {
  require_same(request);
  FUZZ_REQUIRE(request.offers.size() <= RequestLimits{}.offers);
  for (const Offer& offer : request.offers) {
    FUZZ_REQUIRE(offer.sdp.size() <= RequestLimits{}.sdp);
    require_returns(RelayedOffer{request.info_hash, request.peer_id, offer.id, offer.sdp});
  }
}

void require_good(const AnswerRequest& request) {
  require_same(request);
  FUZZ_REQUIRE(request.sdp.size() <= RequestLimits{}.sdp);
  require_returns(RelayedAnswer{request.info_hash, request.peer_id, request.offer_id, request.sdp});
}

void require_good(const ScrapeRequest& request) {
  require_same(request);
  FUZZ_REQUIRE(request.info_hashes.size() <= RequestLimits{}.info_hashes);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static RequestParser parser; // what earlier frames left in it must not matter
  const auto request = parser.parse({reinterpret_cast<const char*>(data), size});
  if (request) {
    std::visit([](const auto& message) { require_good(message); }, *request);
    return 0;
  }
  FUZZ_REQUIRE(request.error().code == ErrorCode::bad_message);
  FUZZ_REQUIRE(!request.error().message.empty() && request.error().message.size() < 256);
  require_returns(Failure{request.error().message, std::nullopt});
  return 0;
}
