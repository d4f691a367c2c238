// SPDX-License-Identifier: LGPL-2.1-or-later
// What travels within BEP 10's extended messages: its handshake, ut_metadata (BEP 9), lt_donthave
// and Triad's urgency. Pure. docs/protocol.md lists the bytes.
#pragma once

#include "peers/wire/conversation.h"

namespace triad::wire {

// The ids under which Triad wants to receive them; 0 is the handshake.
enum class ExtensionId : std::uint8_t { handshake = 0, metadata = 1, urgency = 2, dont_have = 3 };

// BEP 10: the values of "m"; 0: the peer does not understand it.
struct ExtensionIds {
  std::uint8_t metadata = 0;
  std::uint8_t urgency = 0;
  std::uint8_t dont_have = 0;
  friend bool operator==(const ExtensionIds&, const ExtensionIds&) = default;
};

struct ExtensionHandshake {
  // What the peer wants to receive them as; absent ones keep what an earlier handshake said.
  std::optional<std::uint8_t> metadata, urgency, dont_have;
  std::optional<std::uint32_t> metadata_size; // bytes, 1 to max_metadata
  std::optional<std::uint32_t> max_requests;  // "reqq", at least 1
  std::optional<bool> upload_only;            // BEP 21
  std::string client;                         // "v", as PeerFeatures promises
};
// Errors: bad_message (no dictionary).
[[nodiscard]] Result<ExtensionHandshake> parse_extension_handshake(Bytes payload);
// Ours. `metadata_size` 0: not known, or not given.
[[nodiscard]] std::vector<std::byte> extension_handshake(std::uint32_t metadata_size,
                                                         bool upload_only);

// BEP 9.
struct MetadataMessage {
  enum class Kind : std::uint8_t { request = 0, data = 1, reject = 2 };
  Kind kind = Kind::request;
  std::uint32_t part = 0;
  std::uint32_t total = 0; // of data: bytes of the whole; 0 where not said
  Bytes bytes;             // of data
};
// Nothing for a kind that is not known, which is to be ignored. Errors: bad_message.
[[nodiscard]] Result<std::optional<MetadataMessage>> parse_metadata_message(Bytes payload);
[[nodiscard]] std::vector<std::byte> metadata_message(const MetadataMessage& message);

// Of the requests that follow. Values that are not known count as the least urgent. Errors:
// bad_message (empty).
[[nodiscard]] Result<Urgency> parse_urgency(Bytes payload);

// The piece that the peer hasn't any more. Errors: bad_message.
[[nodiscard]] Result<std::uint32_t> parse_dont_have(Bytes payload);

} // namespace triad::wire
