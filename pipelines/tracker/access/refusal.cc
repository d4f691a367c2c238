// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/access/refusal.h"

namespace triad::tracker {
namespace {

struct Words {
  const char* name;
  const char* reason;
};
constexpr std::array<Words, refusal_kinds> words = {{
    {"too_many_connections", "the tracker has as many connections as it may have"},
    {"address_connections", "too many connections from your address"},
    {"address_messages", "too many messages from your address"},
    {"address_swarms", "too many swarms from your address"},
    {"token_missing", "this tracker needs a token in its URL"},
    {"token_wrong", "the token in this tracker's URL is not valid"},
    {"token_expired", "the token in this tracker's URL has expired"},
    {"token_other_release", "the token in this tracker's URL is for another info_hash"},
    {"release_not_allowed", "this tracker does not serve this info_hash"},
    {"message_too_long", "the message is too long"},
    {"slow_reader", "you read too slowly"},
}};

const Words& words_of(Refusal refusal) {
  return words[static_cast<std::size_t>(refusal)];
}

} // namespace

const char* reason_of(Refusal refusal) {
  return words_of(refusal).reason;
}

const char* name_of(Refusal refusal) {
  return words_of(refusal).name;
}

} // namespace triad::tracker
