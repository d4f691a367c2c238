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

// What a reader keeps of the "stun" key; the rest is dropped.
inline constexpr std::size_t max_stun_urls = 8;
inline constexpr std::size_t max_stun_url = 255; // bytes

// The key "triad" of an announce reply, which other clients ignore.
struct TriadExtension {
  bool peers = true;             // false: the operator's dial excludes this peer
  std::vector<std::string> stun; // "stun:host:port", which the listener may ask
  friend bool operator==(const TriadExtension&, const TriadExtension&) = default;
};

struct AnnounceReply {
  InfoHash info_hash;
  std::uint32_t interval = 0; // seconds; 0: not said
  std::uint32_t complete = 0;
  std::uint32_t incomplete = 0;
  std::optional<TriadExtension> triad;
  friend bool operator==(const AnnounceReply&, const AnnounceReply&) = default;
};

// Another peer's offer, handed to this one.
struct RelayedOffer {
  InfoHash info_hash;
  PeerId peer_id; // who offers
  OfferId offer_id;
  std::string_view sdp;
  friend bool operator==(const RelayedOffer&, const RelayedOffer&) = default;
};

// The answer to an offer of this peer.
struct RelayedAnswer {
  InfoHash info_hash;
  PeerId peer_id; // who answers
  OfferId offer_id;
  std::string_view sdp;
  friend bool operator==(const RelayedAnswer&, const RelayedAnswer&) = default;
};

struct ScrapeEntry {
  InfoHash info_hash;
  std::uint32_t complete = 0;
  std::uint32_t incomplete = 0;
  std::uint32_t downloaded = 0;
  friend bool operator==(const ScrapeEntry&, const ScrapeEntry&) = default;
};

struct ScrapeReply {
  std::vector<ScrapeEntry> files;
  std::uint32_t min_request_interval = 0; // seconds; 0: not said
  friend bool operator==(const ScrapeReply&, const ScrapeReply&) = default;
};

// With `info_hash` the frame says `"action":"announce"` and the info hash, too: stock clients then
// warn about one release and go on; a failure without an action makes them drop the socket.
struct Failure {
  std::string_view reason; // for people
  std::optional<InfoHash> info_hash = std::nullopt;
  friend bool operator==(const Failure&, const Failure&) = default;
};

using Reply = std::variant<AnnounceReply, RelayedOffer, RelayedAnswer, ScrapeReply, Failure>;

// Each appends one whole frame to `out`, so that a tracker keeps one buffer for all of them. All
// text must be UTF-8.
void append(std::string& out, const AnnounceReply& reply);
void append(std::string& out, const RelayedOffer& offer);
void append(std::string& out, const RelayedAnswer& answer);
void append(std::string& out, const ScrapeReply& reply);
void append(std::string& out, const Failure& failure);

// The node's side; as RequestParser. The error's message is for logs.
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
