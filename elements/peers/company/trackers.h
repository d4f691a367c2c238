// SPDX-License-Identifier: LGPL-2.1-or-later
// The trackers that a node uses: one WebSocket for each, for all releases; announced, answered,
// connected again. WebTorrent's protocol; docs/tracker.md tells Triad's extension.
//
// All calls and callbacks on the context's thread. A callback comes from the context, never from
// within a call (but for on_announcing()), and may call anything here; only destroy it not. Trouble
// with a tracker is never an error: it is tried again with back-off (at most a minute) and jitter,
// and the others go on. What can't be sent now is dropped: offers and answers go stale.
//
// A tracker is not trusted. Its messages are at most 64 KiB, read at 1 MiB/s at most; of a
// release's offers 50 at once and 5 a second are passed on; its STUN servers come as
// "stun:HOST:PORT".
#pragma once

#include "peers/company/tracker_times.h"
#include "peers/signal/replies.h"
#include "peers/signal/requests.h"

#include <glib.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct sockaddr;

namespace triad {

struct TrackersOptions {
  GMainContext* context = nullptr;
  signal::PeerId own_id;
  std::uint64_t seed = 0; // jitter
  bool tls_strict = true;
  std::string tls_ca_file; // empty: the system's
  std::string user_agent;
  // Whether an address may be connected to for a tracker; asked for each that the name resolves to.
  std::function<bool(const std::string& url, const sockaddr& address)> may_connect;
  TrackerTimes times;
};

// How a release is announced.
struct AnnounceFacts {
  std::uint64_t left = 0, uploaded = 0, downloaded = 0; // bytes; left: 0 for a seeder
  bool left_known = true;
  friend bool operator==(const AnnounceFacts&, const AnnounceFacts&) = default;
};

class Trackers {
public:
  class Listener {
  public:
    virtual ~Listener() = default;
    // An announce was answered, or the operator's dial turned: `reply.triad->peers` false: this
    // tracker's peers are not to be used for the release.
    virtual void on_reply(const std::string& tracker, const signal::AnnounceReply& reply) = 0;
    virtual void on_offer(const std::string& tracker, const signal::RelayedOffer& offer) = 0;
    virtual void on_answer(const std::string& tracker, const signal::RelayedAnswer& answer) = 0;
    virtual void on_scrape(const std::string& tracker, const signal::ScrapeEntry& entry) = 0;
    // It is about to announce `info_hash` of its own accord (joined, interval, completed, connected
    // again): offers may be given along with offer() from within this call.
    virtual void on_announcing(const std::string& tracker, const signal::InfoHash& info_hash) = 0;
    // A connection came, went, or could not be made; `reason` (for people) in the latter cases.
    virtual void on_state(const std::string& tracker, bool connected,
                          const std::string& reason) = 0;
  };

  static std::unique_ptr<Trackers> make(TrackersOptions options, Listener& listener);
  virtual ~Trackers() = default; // says "stopped" where that takes no waiting; no callback comes

  static constexpr std::size_t max_per_release = 10, max_trackers = 50;
  static constexpr std::size_t max_offers = 10; // in one announce

  // Announces the release to these trackers (ws, wss; others, and what exceeds the limits above,
  // are ignored) from now on: "started" at once, then at each interval (as the tracker says, from
  // 10 s to 30 min), "completed" when `left` becomes 0. Again: further trackers, new facts.
  virtual void join(const signal::InfoHash& info_hash, const std::vector<std::string>& urls,
                    const AnnounceFacts& facts) = 0;
  virtual void update(const signal::InfoHash& info_hash, const AnnounceFacts& facts) = 0;
  virtual void leave(const signal::InfoHash& info_hash) = 0; // "stopped"; unused connections go

  struct PooledOffer {
    signal::OfferId id;
    std::string sdp;
  };
  // Announces now with these offers (all in one frame; beyond `max_offers` they are dropped), to
  // one tracker that is connected. False if it isn't, doesn't know the release, or has too much
  // unread.
  virtual bool offer(const std::string& tracker, const signal::InfoHash& info_hash,
                     const std::vector<PooledOffer>& offers) = 0;
  virtual void answer(const std::string& tracker, const signal::InfoHash& info_hash,
                      const signal::PeerId& to, const signal::OfferId& offer,
                      const std::string& sdp) = 0;
  virtual void scrape(const signal::InfoHash& info_hash) = 0;

  [[nodiscard]] virtual std::vector<std::string>
  connected(const signal::InfoHash& info_hash) const = 0;
};

} // namespace triad
