// SPDX-License-Identifier: LGPL-2.1-or-later
// What a Conversation knows. For conversation.cc (commands) and receiving.cc (messages) alone.
#pragma once

#include "peers/wire/conversation.h"
#include "peers/wire/extensions.h"
#include "peers/wire/peer_pieces.h"
#include "peers/wire/requests.h"
#include "peers/wire/stream.h"

#include <deque>
#include <set>

namespace triad::wire {

struct Conversation::State {
  State(ConversationSettings own, ConversationContent known);

  // --- receiving.cc ---
  [[nodiscard]] Status receive(Bytes bytes);

  // --- conversation.cc ---
  void send(const Message& message) { append(output, message); }
  void send_extended(std::uint8_t id, const std::vector<std::byte>& payload);
  void send_extension_handshake();
  void send_pieces();
  void send_metadata(); // as much as is due now
  void tell_interest();
  void tell_availability(); // that everything may be different; once until it is polled
  void tell_losses();
  void refuse(const BlockRequest& block); // a request of the peer's
  void set_longest_message();
  [[nodiscard]] bool fast() const { return peer && peer->fast; } // BEP 6: we always do
  [[nodiscard]] bool has(std::uint32_t piece) const;
  [[nodiscard]] bool can_request() const;
  [[nodiscard]] bool can_ask_hashes() const { return settings.v2 && peer && peer->v2; }
  template <typename Event>
  void tell(Event event) {
    events.emplace_back(std::move(event));
  }

  ConversationSettings settings;
  ConversationContent content;
  MessageStream stream;
  std::vector<std::byte> output;
  std::deque<ConversationEvent> events;

  // The peer.
  std::optional<Handshake> peer;
  bool availability_due = false;
  std::uint64_t messages = 0; // that came, but for blocks asked for
  bool heard = false;         // it said something after its handshake
  PeerPieces pieces;
  PeerFeatures features;
  ExtensionIds ids;
  std::uint32_t request_limit = max_requests;
  bool choked = true;      // by the peer
  bool interested = false; // the peer, in us

  // Us.
  bool choking = true;
  bool wanting = false; // interested in the peer
  bool told_wanting = false;
  std::set<std::uint32_t> losses; // pieces that the peer takes us to have still

  // What is asked and not answered.
  OwnRequests own;
  PeerRequests asked{max_requests};
  Urgency told_urgency = Urgency::playing; // what the peer takes our requests for
  Urgency peers_urgency = Urgency::playing;
  std::deque<std::vector<std::byte>> filled; // blocks with the zeros that were not sent

  std::set<std::uint32_t> metadata_asked;
  std::deque<std::uint32_t> metadata_due; // to the peer, each part once at a time
  std::uint64_t metadata_given = 0;       // parts
  std::vector<HashRequest> hashes_asked;
  std::vector<HashRequest> hashes_due;
  std::uint64_t hashes_sent = 0; // bytes

private:
  // --- receiving.cc ---
  [[nodiscard]] Status on_handshake(Bytes bytes);
  [[nodiscard]] Status on_message(Bytes payload);
  [[nodiscard]] Status on(const KeepAlive& message);
  [[nodiscard]] Status on(const Choke& message);
  [[nodiscard]] Status on(const Unchoke& message);
  [[nodiscard]] Status on(const Interested& message);
  [[nodiscard]] Status on(const NotInterested& message);
  [[nodiscard]] Status on(const Have& message);
  [[nodiscard]] Status on(const Bitfield& message);
  [[nodiscard]] Status on(const HaveAll& message);
  [[nodiscard]] Status on(const HaveNone& message);
  [[nodiscard]] Status on(const Suggest& message);
  [[nodiscard]] Status on(const AllowedFast& message);
  [[nodiscard]] Status on(const RequestBlock& message);
  [[nodiscard]] Status on(const CancelBlock& message);
  [[nodiscard]] Status on(const RejectBlock& message);
  [[nodiscard]] Status on(const Block& message);
  [[nodiscard]] Status on(const Extended& message);
  [[nodiscard]] Status on(const RequestHashes& message);
  [[nodiscard]] Status on(const Hashes& message);
  [[nodiscard]] Status on(const RejectHashes& message);
  [[nodiscard]] Status on(const Unknown& message);
  [[nodiscard]] Status on_extension_handshake(Bytes payload);
  [[nodiscard]] Status on_metadata(Bytes payload);
  [[nodiscard]] Status on_metadata_part(const MetadataMessage& part);
  [[nodiscard]] Status on_dont_have(Bytes payload);
  void on_metadata_request(std::uint32_t part);
  [[nodiscard]] std::optional<BlockIndex> block_of(const BlockRequest& block) const;
};

} // namespace triad::wire
