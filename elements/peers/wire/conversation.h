// SPDX-License-Identifier: LGPL-2.1-or-later
// One conversation of the BitTorrent wire protocol about one release: bytes and commands in, events
// and bytes out. Pure: no clock, thread or socket.
//
// Drive it like this: after each receive() or command, drain poll(), then send take_output() while
// the channel has room. BEP 3, 6, 9, 10, 21, 52; docs/protocol.md. Memory is bounded by max_unsent,
// the release's number of pieces and the longest receive(), whatever the other side sends.
#pragma once

#include "peers/wire/messages.h"
#include "release/release.h"

#include <memory>
#include <string>

namespace triad::wire {

// Of a request, in Triad's extension "triad_urgency" (docs/protocol.md). A peer that doesn't speak
// it counts as `playing`.
enum class Urgency : std::uint8_t { playing = 0, prefetch = 1, background = 2 };

// Requests that either side may have outstanding ("reqq" of BEP 10; a smaller one of the peer's is
// kept to).
inline constexpr std::uint32_t max_requests = 250;
// Parts of pieces beyond this are not served.
inline constexpr std::uint32_t max_request_length = 128 * 1024;
inline constexpr std::uint32_t max_metadata = 16 * 1024 * 1024; // bytes
inline constexpr std::uint32_t metadata_part = 16 * 1024;       // BEP 9
// Output that may wait for take_output(); see receive().
inline constexpr std::size_t max_unsent = 1024 * 1024;
// Hash requests that either side may have unanswered.
inline constexpr std::size_t max_hash_requests = 16;

struct ConversationSettings {
  Sha1 info_hash{};
  PeerId own_id{};
  bool v2 = false;          // the release has v2 hashes
  bool upload_only = false; // BEP 21: wants nothing
};

// What the release is, once it is known; before, only metadata can be exchanged.
struct ConversationContent {
  ReleasePtr release;
  std::vector<bool> have;                             // by piece: what we have
  std::shared_ptr<const std::vector<std::byte>> info; // the info dictionary, for BEP 9; may be null
};

// --- what comes out ---

// The peer's handshake has come; the first event. It is for our info hash (else: an error).
struct HandshakeReceived {
  PeerId peer_id{};
};
// BEP 10's handshake; may come again. Absent values were not said.
struct PeerFeatures {
  std::optional<std::uint32_t> metadata_size; // bytes, within max_metadata
  bool triad = false;                         // speaks our urgency extension
  bool upload_only = false;
  std::string client; // "v", at most 64 bytes of printable UTF-8; may be empty
};
// What the peer has changed: one more piece, or (empty) everything may be different.
struct AvailabilityChanged {
  std::optional<PieceIndex> piece;
};
struct ChokedChanged { // the peer chokes us, or doesn't any more
  bool choked = true;
};
struct InterestChanged { // of the peer, in us
  bool interested = false;
};
// A block that was asked for, whole (in a v2-only release with the zeros that follow a file's end).
// The bytes last until the next receive(). One per request.
struct BlockReceived {
  BlockIndex block;
  Bytes bytes;
};
// Bytes that nobody asked for, or too late after a cancel.
struct BytesUnasked {
  std::uint32_t bytes = 0;
};
// A request of ours that won't be answered (rejected; choked by a peer without BEP 6; or made
// although can_request() was false).
struct RequestDropped {
  BlockIndex block;
};
// The peer asks. Only for what lies within pieces that we have, at most max_requests at a time;
// others are rejected here (or, without BEP 6, ignored).
struct BlockRequested {
  BlockRequest block;
  Urgency urgency = Urgency::playing;
};
struct RequestCancelled { // of the peer's: with BEP 6 it is answered by send_block() or reject()
  BlockRequest block;
};
struct MetadataReceived { // a part that was asked for
  std::uint32_t part = 0;
  std::uint32_t total = 0; // bytes of the whole
  Bytes bytes;             // last until the next receive()
};
struct MetadataRejected {
  std::uint32_t part = 0;
};
// Answer with send_hashes() or reject_hashes(). At most max_hash_requests at a time; others are
// rejected here.
struct HashesRequested {
  HashRequest request;
};
struct HashesReceived { // asked for; the bytes last until the next receive()
  HashRequest request;
  Bytes hashes;
};
struct HashesRejected {
  HashRequest request;
};

using ConversationEvent =
    std::variant<HandshakeReceived, PeerFeatures, AvailabilityChanged, ChokedChanged,
                 InterestChanged, BlockReceived, BytesUnasked, RequestDropped, BlockRequested,
                 RequestCancelled, MetadataReceived, MetadataRejected, HashesRequested,
                 HashesReceived, HashesRejected>;

class Conversation {
public:
  // Says its handshake at once. `content.release` may be null (a magnet link): see set_content().
  Conversation(ConversationSettings settings, ConversationContent content);
  ~Conversation();
  Conversation(Conversation&&) noexcept;
  Conversation& operator=(Conversation&&) noexcept;

  // What came on the channel, in whatever pieces; `bytes` must stay until poll() gives nothing.
  // Errors: bad_message; the channel is to be closed with this as the reason, nothing else may be
  // called any more. A peer that asks on while more than max_unsent waits for it is such an error.
  [[nodiscard]] Status receive(Bytes bytes);
  [[nodiscard]] std::optional<ConversationEvent> poll();
  // What is to be sent, in order; empty if nothing. Cut it anywhere. Call it only when the channel
  // has room, and then until it gives nothing: parts of the info dictionary are made bit by bit.
  [[nodiscard]] std::vector<std::byte> take_output();
  [[nodiscard]] std::size_t output_size() const; // what take_output() would give, in bytes

  // --- commands ---
  // The metainfo has come: what the peer had said of its pieces counts now. Once. Errors:
  // bad_message (what it said does not fit the release).
  [[nodiscard]] Status set_content(ConversationContent content);
  void have(PieceIndex piece); // we do now
  void lost(PieceIndex piece); // not any more: requests for it are rejected
  // Told to the peer only once it has said something after its handshake: WebTorrent misses it
  // before, and would unchoke us ten seconds later.
  void set_interested(bool interested);
  // The peer; at first we do. Choking rejects all that it asked (no event), and what it asks then
  // is rejected here (without BEP 6: ignored).
  void set_choking(bool choking);
  void set_upload_only(bool value); // BEP 21

  // Asks the peer. Only if can_request() (else RequestDropped follows); the block must not be
  // outstanding with it.
  void request(BlockIndex block, Urgency urgency);
  void cancel(BlockIndex block); // it is not outstanding any more; if it still comes: BytesUnasked
  // Answers to what the peer asked and did not cancel (without BEP 6: others are ignored). Bytes
  // of another length than it asked for are a rejection.
  void send_block(const BlockRequest& request, Bytes bytes);
  void reject(const BlockRequest& request);

  // A peer that can't serve these gives MetadataRejected, HashesRejected at once.
  void request_metadata(std::uint32_t part);
  void request_hashes(const HashRequest& request);
  void send_hashes(const HashRequest& request, Bytes hashes);
  void reject_hashes(const HashRequest& request);

  // --- state ---
  [[nodiscard]] bool shaken() const;      // the peer's handshake has come
  [[nodiscard]] bool can_request() const; // shaken, not choked, release known, room for one more
  [[nodiscard]] bool choked() const;      // by the peer
  [[nodiscard]] bool choking() const;     // the peer
  [[nodiscard]] bool peer_has(PieceIndex piece) const;
  [[nodiscard]] bool peer_has_all() const;
  [[nodiscard]] std::vector<bool> peer_pieces() const; // by piece; needs the release
  [[nodiscard]] const PeerFeatures& features() const;
  [[nodiscard]] std::uint64_t messages() const;      // that came, but for blocks asked for
  [[nodiscard]] std::uint32_t outstanding() const;   // our requests
  [[nodiscard]] std::uint32_t request_limit() const; // max_requests, or the peer's "reqq"

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace triad::wire
