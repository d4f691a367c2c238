// SPDX-License-Identifier: LGPL-2.1-or-later
// Any frame that a peer receives from a tracker: what is accepted returns when it is written again.
#include "peers/signal/replies.h"

#include "fuzz/require.h"

#include <string>

using namespace triad;
using namespace triad::signal;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ReplyParser parser; // what earlier frames left in it must not matter
  const auto reply = parser.parse({reinterpret_cast<const char*>(data), size});
  if (!reply) {
    FUZZ_REQUIRE(reply.error().code == ErrorCode::bad_message);
    FUZZ_REQUIRE(!reply.error().message.empty() && reply.error().message.size() < 256);
    return 0;
  }
  if (const auto* announce = std::get_if<AnnounceReply>(&*reply); announce && announce->triad) {
    FUZZ_REQUIRE(announce->triad->stun.size() <= max_stun_urls);
    for (const std::string& url : announce->triad->stun)
      FUZZ_REQUIRE(url.starts_with("stun:") && url.size() <= max_stun_url);
  }
  std::string frame;
  std::visit([&](const auto& message) { append(frame, message); }, *reply);
  ReplyParser other;
  const auto again = other.parse(frame);
  FUZZ_REQUIRE(again && *again == *reply);
  return 0;
}
