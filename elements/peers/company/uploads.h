// SPDX-License-Identifier: LGPL-2.1-or-later
// Whom to give what, and when: slots, rotation, urgency and a rate that follows the line's delay.
// Pure: time comes in, actions come out.
//
// No tit-for-tat: content is central, sharing must never cost quality. All limits are told in
// docs/protocol.md.
#pragma once

#include "peers/wire/conversation.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

namespace triad {

enum class UploadPeer : std::uint32_t {}; // one channel
enum class UploadLink : std::uint32_t {}; // what carries it; several channels may share one

struct UploadSettings {
  std::int64_t rate = 1'000'000; // bytes per second; 0: nothing is given; -1: no cap
  unsigned slots = 4;
  bool operator==(const UploadSettings&) const = default;
};

// --- actions ---
struct UploadUnchoke {
  UploadPeer peer;
};
// Its waiting requests are answered by UploadReject, which follow.
struct UploadChoke {
  UploadPeer peer;
};
struct UploadSend { // read it, send it (or reject it, where it can't be read)
  UploadPeer peer;
  wire::BlockRequest block;
};
struct UploadReject {
  UploadPeer peer;
  wire::BlockRequest block;
};
using UploadAction = std::variant<UploadUnchoke, UploadChoke, UploadSend, UploadReject>;

class Uploads {
public:
  using Time = std::chrono::nanoseconds; // monotonic
  explicit Uploads(const UploadSettings& settings);
  ~Uploads();
  Uploads(const Uploads&) = delete;
  Uploads& operator=(const Uploads&) = delete;

  void set(const UploadSettings& settings, Time now);
  // Whether anything may be given now at all: the quota is not used up, the network is not metered.
  // While nothing may be given, everybody is choked and what waits is rejected.
  void allow(bool allowed, Time now);
  // The shortest lead of those who play here; empty: nobody plays, or all have their track to its
  // end (near which a lead is short and means nothing). Under 3 s nothing is given, until it is 5 s
  // again.
  void own_lead(std::optional<Time> lead, Time now);

  // `triad`: a Triad peer is unchoked at once. Called again where a peer turns out to be one.
  void add(UploadPeer peer, UploadLink link, bool triad, Time now);
  void remove(UploadPeer peer, Time now);
  void interested(UploadPeer peer, bool interested, Time now);
  void requested(UploadPeer peer, const wire::BlockRequest& block, wire::Urgency urgency, Time now);
  void cancelled(UploadPeer peer, const wire::BlockRequest& block, Time now);
  // Of one link: bytes on their way that were not acknowledged (Channel::queued(), and what waits
  // before it), those of them that wait before it, and SCTP's round-trip time (0: not known yet).
  // To be told of each link before tick(), which acts on it, and after sending.
  void line(UploadLink link, std::uint64_t queued, std::uint64_t unsent, Time round_trip, Time now);
  void tick(Time now);

  [[nodiscard]] std::optional<UploadAction> poll();
  [[nodiscard]] std::optional<Time> wake_at() const; // tick() then; empty: nothing waits for time
  // Whether anything may be given at all, but for a moment in which our own lead is short.
  [[nodiscard]] bool may_give() const;
  [[nodiscard]] double rate() const; // bytes per second, as it is paced now; 0: nothing is given
  [[nodiscard]] std::size_t waiting() const; // requests that wait here

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace triad
