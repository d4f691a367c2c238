// SPDX-License-Identifier: LGPL-2.1-or-later
// Messages with every field at random, the same for the same seed.
#pragma once

#include "kit/random.h"
#include "peers/signal/replies.h"
#include "peers/signal/requests.h"

#include <deque>
#include <string>

namespace triad::signal {

class RandomMessages {
public:
  explicit RandomMessages(std::uint64_t seed) : random_(seed) {}

  AnnounceRequest announce();
  AnswerRequest answer();
  ScrapeRequest scrape();

  AnnounceReply announce_reply();
  RelayedOffer offer();
  RelayedAnswer relayed_answer();
  ScrapeReply scrape_reply();
  Failure failure();

  template <typename Id>
  Id id() {
    Id made;
    const bool ascii = random_.chance(0.3);
    for (std::uint8_t& byte : made.bytes)
      byte = static_cast<std::uint8_t>(random_.below(ascii ? 128 : 256));
    return made;
  }

  // UTF-8 of all lengths, with much that has to be escaped. Lives as long as this.
  std::string_view text(std::size_t most = 1200);

private:
  std::uint32_t number32();
  std::optional<std::uint64_t> maybe_count();

  kit::Random random_;
  std::deque<std::string> texts_;
};

} // namespace triad::signal
