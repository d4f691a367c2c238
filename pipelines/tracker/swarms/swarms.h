// SPDX-License-Identifier: LGPL-2.1-or-later
// All swarms of one tracker: who is in which, and who is handed whose offers. Pure: frames and the
// time come in, frames go out.
#pragma once

#include "peers/signal/ids.h"
#include "peers/signal/requests.h"
#include "tracker/swarms/elsewhere.h"
#include "tracker/swarms/outbox.h"
#include "tracker/swarms/tracker_time.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace triad::tracker {

struct SwarmsSettings {
  std::chrono::seconds interval{120};      // between a peer's announces, as replies say
  std::chrono::seconds peer_lifetime{300}; // without an announce
  signal::RequestLimits request;
  std::uint32_t swarms_per_connection = 1000;
  std::uint32_t swarms = 1'000'000;                 // in all
  std::vector<std::string> stun;                    // for the replies' "triad" key
  unsigned peer_share = 100;                        // the operator's dial, percent
  std::map<signal::InfoHash, unsigned> peer_shares; // the same for single releases
};

// What a connection may do: set by the access rules when it was opened.
class Permit {
public:
  virtual ~Permit() = default;
  // nullptr: it may announce to this swarm now; else the reason to send back, which lives on.
  // `swarms`: in how many the connection will then be, this one counted.
  [[nodiscard]] virtual const char* refusal(const signal::InfoHash& swarm,
                                            std::uint32_t swarms) = 0;
};

struct SwarmsTotals {
  std::uint64_t swarms = 0, seeders = 0, leechers = 0, connections = 0;
  std::uint64_t announces = 0, offers_received = 0, offers_relayed = 0, answers_relayed = 0,
                answers_lost = 0, scrapes = 0, failures = 0, refusals = 0, expired = 0;
};

struct SwarmSummary {
  signal::InfoHash info_hash;
  std::uint32_t seeders = 0, leechers = 0, downloaded = 0;
  unsigned peer_share = 100;
};

// One thread. Every input may send to any connection through the outbox. Beyond the messages:
// - A peer is an id in a swarm; claim.h says whose it is when two connections announce it.
// - Each offer goes to another peer of the swarm, all equally likely, wherever they are connected;
//   a seeder's to leechers. The dial's excluded (dial.h) neither offer nor are offered anything.
// - An answer reaches who offered, once, and only from who was handed that offer.
// - A swarm is forgotten with its last peer; so is how often it was downloaded, without a store.
class Swarms {
public:
  // `elsewhere` may be null; it and `outbox` must outlive this. `seed` rules every random choice.
  Swarms(SwarmsSettings settings, std::uint64_t seed, Outbox& outbox, Elsewhere* elsewhere);
  ~Swarms();
  Swarms(const Swarms&) = delete;
  Swarms& operator=(const Swarms&) = delete;

  // One text frame of a connection, which need not be known before. `permit` may be null: all.
  void receive(ConnectionId from, std::string_view frame, Permit* permit, Time now);
  // The connection is gone, and its peers with it.
  void closed(ConnectionId connection, Time now);
  // Forgets peers that did not announce in time, and hands out offers that have waited long enough
  // for the store. Call it about every 100 ms; once a second will do where `elsewhere` is null.
  void expire(Time now);

  // Keeps every connection and peer; new limits hold from now on. A turned dial is pushed: each
  // peer whom it moves gets one whole announce reply, with an interval of half to all of the usual
  // one, so that they do not announce in one instant ever after.
  void apply(const SwarmsSettings& settings, Time now);
  // The operator's dial for one release, in percent; nullopt: as the general one again. Pushed,
  // too.
  void set_peer_share(const signal::InfoHash& swarm, std::optional<unsigned> percent, Time now);

  // From the store.
  void seen_elsewhere(const signal::InfoHash& swarm, const RemoteView& view, Time now);
  void delivered(TrackerId home, const signal::InfoHash& swarm, const signal::PeerId& to,
                 const signal::PeerId& from, std::string_view frame, Time now);
  // Tells Elsewhere of `most` further peers (joined()), for a store that was away has forgotten or
  // never heard of them. Goes on where the last call ended; false when each has been told of, and
  // the next call begins anew. Peers that join or announce between two calls need no care here.
  bool rejoin_elsewhere(std::size_t most, Time now);

  [[nodiscard]] const SwarmsTotals& totals() const;
  // The largest first, `most` at most.
  [[nodiscard]] std::vector<SwarmSummary> largest(std::size_t most) const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace triad::tracker
