// SPDX-License-Identifier: LGPL-2.1-or-later
// Whom to give what, and when: slots, rotation, urgency and a rate that follows the line's delay.
// Pure: time comes in, actions come out.
//
// No tit-for-tat: content is central, sharing must never cost quality. All limits are told in
// docs/protocol.md.
#pragma once

#include "peers/wire/conversation.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

namespace triad {

enum class UploadPeer : std::uint32_t {}; // one channel

struct UploadSettings {
  std::int64_t rate = 1'000'000; // bytes per second; 0: nothing is given; -1: no cap
  unsigned slots = 4;
  bool operator==(const UploadSettings&) const = default;
};

// --- actions ---
struct UploadUnchoke {
  UploadPeer peer;
};
struct UploadChoke {
  UploadPeer peer;
};
struct UploadSend { // read it, send it; the bytes count from now on
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
  Uploads(UploadSettings settings, std::uint64_t seed);
  ~Uploads();
  Uploads(const Uploads&) = delete;
  Uploads& operator=(const Uploads&) = delete;

  void set(const UploadSettings& settings, Time now);
  // Whether anything may be given now at all: the quota is not used up, the network is not metered,
  // our own lead is long enough (off under 3 s, on again at 5 s: the caller tells the lead).
  void allow(bool allowed, Time now);
  void own_lead(std::optional<Time> lead,
                Time now); // the shortest of all readers; empty: nobody plays

  // `triad`: a Triad peer is unchoked at once.
  void add(UploadPeer peer, bool triad, Time now);
  void remove(UploadPeer peer, Time now);
  void interested(UploadPeer peer, bool interested, Time now);
  void requested(UploadPeer peer, const wire::BlockRequest& block, wire::Urgency urgency, Time now);
  void cancelled(UploadPeer peer, const wire::BlockRequest& block, Time now);
  // The peer's channel: bytes that wait in SCTP, and its round-trip time.
  void line(UploadPeer peer, std::uint64_t queued, Time round_trip, Time now);
  void tick(Time now);

  [[nodiscard]] std::optional<UploadAction> poll();
  [[nodiscard]] std::optional<Time> wake_at() const; // tick() then; empty: nothing waits for time
  [[nodiscard]] double rate(Time now) const;         // bytes per second, as it is paced now

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace triad
