// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/wire/messages.h"

#include "peers/wire/numbers.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace triad::wire {

namespace {

// The kinds of messages, by number.
enum Kind : std::uint8_t {
  choke = 0,
  unchoke = 1,
  interested = 2,
  not_interested = 3,
  have = 4,
  bitfield = 5,
  request = 6,
  piece = 7,
  cancel = 8,
  suggest = 13,
  have_all = 14,
  have_none = 15,
  reject = 16,
  allowed_fast = 17,
  extended = 20,
  hash_request = 21,
  hashes = 22,
  hash_reject = 23,
};

constexpr std::string_view protocol = "\x13"
                                      "BitTorrent protocol";
constexpr std::size_t reserved_at = protocol.size();
constexpr std::size_t info_hash_at = reserved_at + 8;
constexpr std::size_t peer_id_at = info_hash_at + sizeof(Sha1);
constexpr std::size_t handshake_size = peer_id_at + sizeof(PeerId);
// Bits of the reserved bytes.
constexpr std::size_t extensions_at = reserved_at + 5; // BEP 10
constexpr std::byte extensions_bit{0x10};
constexpr std::size_t last_reserved_at = reserved_at + 7;
constexpr std::byte fast_bit{0x04}; // BEP 6
constexpr std::byte v2_bit{0x10};   // BEP 52

constexpr std::size_t hash_request_size = sizeof(Sha256) + std::size_t{4} * 4;

// Writes one message: its length is known before what follows.
class Writer {
public:
  Writer(std::vector<std::byte>& out, std::uint8_t kind, std::size_t size) : out_(out) {
    append_number(out_, static_cast<std::uint32_t>(1 + size));
    out_.push_back(std::byte{kind});
  }
  Writer& number(std::uint32_t value) {
    append_number(out_, value);
    return *this;
  }
  Writer& bytes(Bytes bytes) {
    append_bytes(out_, bytes);
    return *this;
  }

private:
  std::vector<std::byte>& out_;
};

void write_block(std::vector<std::byte>& out, std::uint8_t kind, const BlockRequest& block) {
  Writer(out, kind, 12).number(block.piece).number(block.begin).number(block.length);
}

void write_hashes(std::vector<std::byte>& out, std::uint8_t kind, const HashRequest& request,
                  Bytes digests) {
  Writer(out, kind, hash_request_size + digests.size())
      .bytes(request.root)
      .number(request.base_layer)
      .number(request.index)
      .number(request.length)
      .number(request.proof_layers)
      .bytes(digests);
}

struct Appender {
  std::vector<std::byte>& out;

  void operator()(const KeepAlive&) const { append_number(out, 0); }
  void operator()(const Choke&) const { Writer(out, choke, 0); }
  void operator()(const Unchoke&) const { Writer(out, unchoke, 0); }
  void operator()(const Interested&) const { Writer(out, interested, 0); }
  void operator()(const NotInterested&) const { Writer(out, not_interested, 0); }
  void operator()(const Have& message) const { Writer(out, have, 4).number(message.piece); }
  void operator()(const Bitfield& message) const {
    Writer(out, bitfield, message.bits.size()).bytes(message.bits);
  }
  void operator()(const HaveAll&) const { Writer(out, have_all, 0); }
  void operator()(const HaveNone&) const { Writer(out, have_none, 0); }
  void operator()(const Suggest& message) const { Writer(out, suggest, 4).number(message.piece); }
  void operator()(const AllowedFast& message) const {
    Writer(out, allowed_fast, 4).number(message.piece);
  }
  void operator()(const RequestBlock& message) const { write_block(out, request, message.block); }
  void operator()(const CancelBlock& message) const { write_block(out, cancel, message.block); }
  void operator()(const RejectBlock& message) const { write_block(out, reject, message.block); }
  void operator()(const Block& message) const {
    Writer(out, piece, 8 + message.bytes.size())
        .number(message.piece)
        .number(message.begin)
        .bytes(message.bytes);
  }
  void operator()(const Extended& message) const {
    const auto id = std::byte{message.id};
    Writer(out, extended, 1 + message.payload.size()).bytes({&id, 1}).bytes(message.payload);
  }
  void operator()(const RequestHashes& message) const {
    write_hashes(out, hash_request, message.request, {});
  }
  void operator()(const Hashes& message) const {
    write_hashes(out, wire::hashes, message.request, message.hashes);
  }
  void operator()(const RejectHashes& message) const {
    write_hashes(out, hash_reject, message.request, {});
  }
  void operator()(const Unknown& message) const { Writer(out, message.id, 0); }
};

Error wrong_length(std::uint8_t kind, std::size_t size) {
  return {ErrorCode::bad_message,
          "A peer's message of kind " + std::to_string(kind) + " can't be " + std::to_string(size) +
              " bytes long.",
          {}};
}

BlockRequest block_at(Bytes body) {
  return {number_at(body, 0), number_at(body, 4), number_at(body, 8)};
}

HashRequest hash_request_at(Bytes body) {
  HashRequest read;
  std::memcpy(read.root.data(), body.data(), sizeof(Sha256));
  read.base_layer = number_at(body, 32);
  read.index = number_at(body, 36);
  read.length = number_at(body, 40);
  read.proof_layers = number_at(body, 44);
  return read;
}

// Whether a message of this kind may have a body (what follows the kind) of this size.
bool size_fits(std::uint8_t kind, std::size_t size) {
  switch (kind) {
  case choke:
  case unchoke:
  case interested:
  case not_interested:
  case have_all:
  case have_none:
    return size == 0;
  case have:
  case suggest:
  case allowed_fast:
    return size == 4;
  case request:
  case cancel:
  case reject:
    return size == 12;
  case piece:
    return size >= 8;
  case extended:
    return size >= 1;
  case hash_request:
  case hash_reject:
    return size == hash_request_size;
  case hashes:
    return size >= hash_request_size && (size - hash_request_size) % sizeof(Sha256) == 0;
  default:
    return true;
  }
}

} // namespace

void append(std::vector<std::byte>& out, const Handshake& handshake) {
  const std::size_t start = out.size();
  append_bytes(out, std::as_bytes(std::span(protocol)));
  out.resize(start + info_hash_at);
  if (handshake.extensions)
    out[start + extensions_at] |= extensions_bit;
  if (handshake.fast)
    out[start + last_reserved_at] |= fast_bit;
  if (handshake.v2)
    out[start + last_reserved_at] |= v2_bit;
  append_bytes(out, handshake.info_hash);
  append_bytes(out, handshake.peer_id);
}

void append(std::vector<std::byte>& out, const Message& message) {
  std::visit(Appender{out}, message);
}

Result<Message> parse(Bytes payload) {
  if (payload.empty())
    return Message(KeepAlive{});
  const auto kind = std::to_integer<std::uint8_t>(payload.front());
  const Bytes body = payload.subspan(1);
  if (!size_fits(kind, body.size()))
    return wrong_length(kind, payload.size());
  switch (kind) {
  case choke:
    return Message(Choke{});
  case unchoke:
    return Message(Unchoke{});
  case interested:
    return Message(Interested{});
  case not_interested:
    return Message(NotInterested{});
  case have:
    return Message(Have{number_at(body, 0)});
  case bitfield:
    return Message(Bitfield{body});
  case request:
    return Message(RequestBlock{block_at(body)});
  case piece:
    return Message(Block{number_at(body, 0), number_at(body, 4), body.subspan(8)});
  case cancel:
    return Message(CancelBlock{block_at(body)});
  case suggest:
    return Message(Suggest{number_at(body, 0)});
  case have_all:
    return Message(HaveAll{});
  case have_none:
    return Message(HaveNone{});
  case reject:
    return Message(RejectBlock{block_at(body)});
  case allowed_fast:
    return Message(AllowedFast{number_at(body, 0)});
  case extended:
    return Message(Extended{std::to_integer<std::uint8_t>(body.front()), body.subspan(1)});
  case hash_request:
    return Message(RequestHashes{hash_request_at(body)});
  case hashes:
    return Message(Hashes{hash_request_at(body), body.subspan(hash_request_size)});
  case hash_reject:
    return Message(RejectHashes{hash_request_at(body)});
  default:
    return Message(Unknown{kind});
  }
}

Result<Handshake> parse_handshake(Bytes bytes) {
  const Bytes name = std::as_bytes(std::span(protocol));
  if (bytes.size() != handshake_size || !std::equal(name.begin(), name.end(), bytes.begin()))
    return Error{ErrorCode::bad_message, "A peer does not speak BitTorrent's protocol.", {}};
  Handshake handshake;
  const auto has = [&](std::size_t at, std::byte bit) { return (bytes[at] & bit) != std::byte{}; };
  handshake.extensions = has(extensions_at, extensions_bit);
  handshake.fast = has(last_reserved_at, fast_bit);
  handshake.v2 = has(last_reserved_at, v2_bit);
  std::memcpy(handshake.info_hash.data(), &bytes[info_hash_at], sizeof(Sha1));
  std::memcpy(handshake.peer_id.data(), &bytes[peer_id_at], sizeof(PeerId));
  return handshake;
}

} // namespace triad::wire
