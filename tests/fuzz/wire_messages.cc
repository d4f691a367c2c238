// SPDX-License-Identifier: LGPL-2.1-or-later
// Any bytes as a stream of wire messages: cut as one likes they are the same ones, and what is
// accepted is written as it was read.
#include "peers/wire/stream.h"

#include "fuzz/require.h"

#include <algorithm>
#include <cstdint>

using namespace triad;
using namespace triad::wire;

namespace {

constexpr std::uint32_t longest = 4096;
using Content = std::vector<std::byte>;

struct Seen {
  std::vector<Content> payloads;
  bool ended = false; // by an error
};

// The messages of `bytes`, given `step` at a time.
Seen messages_in(Bytes bytes, std::size_t step) {
  MessageStream stream(longest);
  Seen seen;
  for (std::size_t at = 0; at < bytes.size() && !seen.ended; at += step) {
    // A copy of exactly that size lets a sanitizer see reads past the end.
    const Bytes part = bytes.subspan(at, std::min(step, bytes.size() - at));
    const Content chunk(part.begin(), part.end());
    stream.add(chunk);
    for (;;) {
      const auto next = stream.next();
      seen.ended = !next;
      if (!next || !*next)
        break;
      FUZZ_REQUIRE((*next)->size() <= longest);
      seen.payloads.emplace_back((*next)->begin(), (*next)->end());
    }
  }
  return seen;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  const Seen seen = messages_in(bytes, std::max<std::size_t>(size, 1));
  for (const std::size_t step : {1u, 3u, 7u, 100u}) {
    const Seen other = messages_in(bytes, step);
    FUZZ_REQUIRE(other.payloads == seen.payloads && other.ended == seen.ended);
  }
  Content written;
  for (const Content& payload : seen.payloads) {
    const std::size_t begin = written.size();
    const auto message = parse(payload);
    if (!message) {
      FUZZ_REQUIRE(message.error().code == ErrorCode::bad_message);
      continue;
    }
    append(written, *message);
    if (std::holds_alternative<Unknown>(*message))
      continue; // its body is not kept
    FUZZ_REQUIRE(written.size() - begin == 4 + payload.size());
    FUZZ_REQUIRE(std::equal(payload.begin(), payload.end(),
                            written.begin() + static_cast<std::ptrdiff_t>(begin) + 4));
  }
  if (const auto handshake = parse_handshake(bytes)) {
    Content again;
    append(again, *handshake);
    const auto read = parse_handshake(again);
    FUZZ_REQUIRE(read && *read == *handshake);
  }
  return 0;
}
