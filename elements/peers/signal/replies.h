// SPDX-License-Identifier: LGPL-2.1-or-later
// What a WebTorrent tracker sends to a peer, with Triad's extension (docs/tracker.md).
#pragma once

#include "peers/signal/ids.h"
#include "release/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace triad::signal {

// The key "triad" of an announce reply, which other clients ignore.
struct TriadExtension {
  bool peers = true;             // false: the operator's dial excludes this peer
  std::vector<std::string> stun; // "stun:host:port", which the listener may ask
};

struct AnnounceReply {
  InfoHash info_hash;
  std::uint32_t interval = 0; // seconds
  std::uint32_t complete = 0;
  std::uint32_t incomplete = 0;
  std::optional<TriadExtension> triad;
};

// Another peer's offer, handed to this one.
struct RelayedOffer {
  InfoHash info_hash;
  PeerId peer_id; // who offers
  OfferId offer_id;
  std::string_view sdp;
};

// The answer to an offer of this peer.
struct RelayedAnswer {
  InfoHash info_hash;
  PeerId peer_id; // who answers
  OfferId offer_id;
  std::string_view sdp;
};

struct ScrapeEntry {
  InfoHash info_hash;
  std::uint32_t complete = 0;
  std::uint32_t incomplete = 0;
  std::uint32_t downloaded = 0;
};

struct ScrapeReply {
  std::vector<ScrapeEntry> files;
  std::uint32_t min_request_interval = 0; // seconds
};

// With `info_hash` the frame says `"action":"announce"` and the info hash, too: stock clients then
// warn about one release and go on; a failure without an action makes them drop the socket.
struct Failure {
  std::string_view reason; // for people
  std::optional<InfoHash> info_hash = std::nullopt;
};

using Reply = std::variant<AnnounceReply, RelayedOffer, RelayedAnswer, ScrapeReply, Failure>;

// Each appends one whole frame to `out`, so that a tracker keeps one buffer for all of them.
void append(std::string& out, const AnnounceReply& reply);
void append(std::string& out, const RelayedOffer& offer);
void append(std::string& out, const RelayedAnswer& answer);
void append(std::string& out, const ScrapeReply& reply);
void append(std::string& out, const Failure& failure);

// The node's side; as RequestParser.
class ReplyParser {
public:
  ReplyParser();
  ~ReplyParser();
  ReplyParser(const ReplyParser&) = delete;
  ReplyParser& operator=(const ReplyParser&) = delete;

  [[nodiscard]] Result<Reply> parse(std::string_view text);

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace triad::signal
