// SPDX-License-Identifier: LGPL-2.1-or-later
// A tracker's swarms with an outbox that remembers, for the tests of their rules.
#pragma once

#include "peers/signal/replies.h"
#include "peers/signal/requests.h"
#include "tracker/swarms/swarms.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace triad::tracker {

// One frame that was sent, read as a client would.
struct Sent {
  enum class Kind { reply, offer, answer, scrape, failure };
  ConnectionId to = 0;
  Kind kind = Kind::failure;
  std::optional<signal::InfoHash> info_hash; // of a failure: if it was said
  signal::PeerId peer;                       // who offers or answers
  signal::OfferId offer;
  std::string text; // the session description, or the reason
  std::uint32_t interval = 0, complete = 0, incomplete = 0;
  bool peers = true; // the "triad" key
  std::vector<std::string> stun;
  std::vector<signal::ScrapeEntry> files;
};

class Recorder final : public Outbox {
public:
  void send(ConnectionId to, std::string_view frame) override;

  [[nodiscard]] std::vector<Sent> of(Sent::Kind kind) const;
  // The only one of its kind; fails the test if there are others or none.
  [[nodiscard]] Sent only(Sent::Kind kind) const;
  void clear() { sent.clear(); }

  std::vector<Sent> sent;

private:
  signal::ReplyParser parser_;
};

[[nodiscard]] signal::InfoHash hash_of(unsigned number);
// As stock clients make them: "-WW0300-" and twelve characters.
[[nodiscard]] signal::PeerId peer_of(unsigned number);
[[nodiscard]] signal::OfferId offer_of(unsigned number);

// An announce as tests want it.
struct Call {
  signal::Event event = signal::Event::none;
  std::optional<std::uint64_t> left = 1000;
  unsigned offers = 0;
  unsigned numwant = 50;
  unsigned first_offer = 0; // their ids are offer_of(first_offer), ...
};
inline constexpr std::uint64_t whole = 0; // bytes left of a seeder

class SwarmsFixture {
public:
  explicit SwarmsFixture(const SwarmsSettings& with = {}, Elsewhere* elsewhere = nullptr,
                         std::uint64_t seed = 1)
      : settings(with), swarms(with, seed, box, elsewhere) {}

  void announce(ConnectionId from, unsigned swarm, unsigned peer, const Call& call = {},
                Permit* permit = nullptr);
  void stop(ConnectionId from, unsigned swarm, unsigned peer) {
    announce(from, swarm, peer, {signal::Event::stopped});
  }
  void answer(ConnectionId from, unsigned swarm, unsigned peer, unsigned to, unsigned offer);
  // As the only one heard: clears what was sent before.
  [[nodiscard]] signal::ScrapeEntry scrape(unsigned swarm);

  SwarmsSettings settings;
  std::string sdp = "v=0\r\n"; // of each offer
  Recorder box;
  Time now{0};
  Swarms swarms;
};

} // namespace triad::tracker
