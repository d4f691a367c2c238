// SPDX-License-Identifier: LGPL-2.1-or-later
// The messages of BitTorrent's peer wire protocol: BEP 3, BEP 6 (fast), BEP 10 (extensions), BEP 52
// (hashes). Pure. docs/protocol.md lists the bytes.
#pragma once

#include "release/hashes.h"
#include "release/result.h"
#include "release/units.h"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace triad::wire {

using PeerId = std::array<std::byte, 20>; // BEP 20

// BEP 3, the first 68 bytes of each side.
struct Handshake {
  Sha1 info_hash{};
  PeerId peer_id{};
  bool extensions = true; // BEP 10
  bool fast = true;       // BEP 6
  bool v2 = false;        // BEP 52: hash messages are understood
  friend bool operator==(const Handshake&, const Handshake&) = default;
};

// A part of a piece, as it is asked for, sent, cancelled and rejected. Peers may ask for any part;
// Triad asks for blocks.
struct BlockRequest {
  std::uint32_t piece = 0;
  std::uint32_t begin = 0;  // bytes
  std::uint32_t length = 0; // bytes
  friend auto operator<=>(const BlockRequest&, const BlockRequest&) = default;
};

// BEP 52: hashes of one file's tree, named by its root.
struct HashRequest {
  Sha256 root{};
  std::uint32_t base_layer = 0; // 0: blocks of 16 KiB
  std::uint32_t index = 0;      // of the first hash in the base layer
  std::uint32_t length = 0;     // how many, a power of two
  std::uint32_t proof_layers = 0;
  friend bool operator==(const HashRequest&, const HashRequest&) = default;
};

struct KeepAlive {};
struct Choke {};
struct Unchoke {};
struct Interested {};
struct NotInterested {};
struct Have {
  std::uint32_t piece = 0;
};
struct Bitfield {
  Bytes bits; // first piece in the first byte's highest bit
};
struct HaveAll {};
struct HaveNone {};
struct Suggest {
  std::uint32_t piece = 0;
};
struct AllowedFast {
  std::uint32_t piece = 0;
};
struct RequestBlock {
  BlockRequest block;
};
struct CancelBlock {
  BlockRequest block;
};
struct RejectBlock {
  BlockRequest block;
};
struct Block { // "piece" in BEP 3
  std::uint32_t piece = 0;
  std::uint32_t begin = 0;
  Bytes bytes;
};
struct Extended { // BEP 10
  std::uint8_t id = 0;
  Bytes payload;
};
struct RequestHashes {
  HashRequest request;
};
struct Hashes {
  HashRequest request;
  Bytes hashes; // 32 bytes each: the base layer's, then the proof's uncles
};
struct RejectHashes {
  HashRequest request;
};
struct Unknown { // of a kind that is none of these: to be ignored (BEP 6, 10)
  std::uint8_t id = 0;
};

using Message =
    std::variant<KeepAlive, Choke, Unchoke, Interested, NotInterested, Have, Bitfield, HaveAll,
                 HaveNone, Suggest, AllowedFast, RequestBlock, CancelBlock, RejectBlock, Block,
                 Extended, RequestHashes, Hashes, RejectHashes, Unknown>;

// Each appends the whole message, its length first, to `out`.
void append(std::vector<std::byte>& out, const Handshake& handshake);
void append(std::vector<std::byte>& out, const Message& message);

// The payload of one message (what follows its length; empty: KeepAlive). Views last as long as
// `payload`. Errors: bad_message (a length that its kind can't have).
[[nodiscard]] Result<Message> parse(Bytes payload);
// Exactly 68 bytes. Errors: bad_message.
[[nodiscard]] Result<Handshake> parse_handshake(Bytes bytes);

} // namespace triad::wire
