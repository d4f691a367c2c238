// SPDX-License-Identifier: LGPL-2.1-or-later
// What a peer sends to a WebTorrent tracker: one JSON object in each text frame.
#pragma once

#include "peers/signal/ids.h"
#include "release/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace triad::signal {

enum class Event { none, started, completed, stopped, paused };

// A session description under way: opaque to trackers. `sdp` is the text, unescaped.
struct Offer {
  OfferId id;
  std::string_view sdp;
  friend bool operator==(const Offer&, const Offer&) = default;
};

// Counts may come as floats: rounded up, at most to what fits; null, negative ones and other types
// count as absent. Offers that are none (no object, no id, no text) are left out.
struct AnnounceRequest {
  InfoHash info_hash;
  PeerId peer_id;
  Event event = Event::none; // unknown ones, too
  // Bytes. Absent: some are missing. WebTorrent sends null until it has the metadata, which makes
  // it a seeder for bittorrent-tracker, but not here.
  std::optional<std::uint64_t> left;
  std::optional<std::uint64_t> uploaded;   // bytes
  std::optional<std::uint64_t> downloaded; // bytes
  std::uint32_t numwant = 50;              // offers that the peer wants handed out, at most
  std::vector<Offer> offers;
  friend bool operator==(const AnnounceRequest&, const AnnounceRequest&) = default;
};

// An announce that carries an answer, for the peer whose offer it answers.
struct AnswerRequest {
  InfoHash info_hash;
  PeerId peer_id;    // who answers
  PeerId to_peer_id; // who offered
  OfferId offer_id;
  std::string_view sdp;
  friend bool operator==(const AnswerRequest&, const AnswerRequest&) = default;
};

struct ScrapeRequest {
  std::vector<InfoHash> info_hashes; // empty: all
  friend bool operator==(const ScrapeRequest&, const ScrapeRequest&) = default;
};

using Request = std::variant<AnnounceRequest, AnswerRequest, ScrapeRequest>;

struct RequestLimits {
  std::size_t offers = 10;       // further ones are dropped
  std::size_t sdp = 16 * 1024;   // bytes; a longer one refuses the message
  std::size_t info_hashes = 100; // of one scrape; further ones are dropped
};

// Reads requests one after another and keeps its memory for the next (fifteen times the longest so
// far): one for each thread. Not shared between threads. Views in the answer live until the next
// parse() or the end of the parser.
class RequestParser {
public:
  explicit RequestParser(RequestLimits limits = {});
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // `text`: one frame. Refused are frames beyond 1 MiB, anything but an object in valid JSON and
  // UTF-8, more than 1024 levels, lone surrogates, integers beyond 64 bits. The error's message is
  // the "failure reason" to send back, in bittorrent-tracker's words where clients may know them
  // ("invalid info_hash").
  [[nodiscard]] Result<Request> parse(std::string_view text);

private:
  struct State;
  std::unique_ptr<State> state_;
};

// The node's side. Each writes one whole frame. Descriptions must be UTF-8.
[[nodiscard]] std::string write(const AnnounceRequest& request);
[[nodiscard]] std::string write(const AnswerRequest& request);
[[nodiscard]] std::string write(const ScrapeRequest& request);

} // namespace triad::signal
