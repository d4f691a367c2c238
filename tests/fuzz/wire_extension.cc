// SPDX-License-Identifier: LGPL-2.1-or-later
// Any bytes as the payload of an extended message: what is accepted keeps its limits and returns
// when it is written again.
#include "peers/wire/extensions.h"

#include "fuzz/bencode_mutator.h"
#include "fuzz/require.h"
#include "release/names.h"

#include <algorithm>
#include <cstdint>

using namespace triad;
using namespace triad::wire;

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return fuzz::mutate_bencoded(data, size, max_size, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  if (const auto handshake = parse_extension_handshake(bytes)) {
    const auto metadata_size = handshake->metadata_size.value_or(1);
    FUZZ_REQUIRE(metadata_size > 0 && metadata_size <= max_metadata);
    const auto limit = handshake->max_requests.value_or(1);
    FUZZ_REQUIRE(limit > 0 && limit <= max_requests);
    FUZZ_REQUIRE(handshake->client.size() <= 64 && valid_utf8(handshake->client));
    for (const char c : handshake->client)
      FUZZ_REQUIRE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  } else {
    FUZZ_REQUIRE(handshake.error().code == ErrorCode::bad_message);
  }
  if (const auto message = parse_metadata_message(bytes); message && *message) {
    FUZZ_REQUIRE((*message)->part < max_metadata / metadata_part);
    FUZZ_REQUIRE((*message)->total <= max_metadata);
    auto known = **message;
    if (known.kind == MetadataMessage::Kind::data)
      known.total = std::max(known.total, 1u);
    const auto written = metadata_message(known);
    const auto again = parse_metadata_message(written);
    FUZZ_REQUIRE(again && *again);
    FUZZ_REQUIRE((*again)->kind == known.kind && (*again)->part == known.part);
    FUZZ_REQUIRE((*again)->total == known.total);
    FUZZ_REQUIRE(std::equal((*again)->bytes.begin(), (*again)->bytes.end(), known.bytes.begin(),
                            known.bytes.end()));
  }
  const auto urgency = parse_urgency(bytes);
  FUZZ_REQUIRE(bool(urgency) == (size > 0));
  FUZZ_REQUIRE(!urgency || *urgency <= Urgency::background);
  FUZZ_REQUIRE(bool(parse_dont_have(bytes)) == (size == 4));
  return 0;
}
