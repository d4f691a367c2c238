// SPDX-License-Identifier: LGPL-2.1-or-later
// One tracker: its connection, kept up while there is something to announce, and what it is told.
#pragma once

#include "peers/company/announce_times.h"
#include "peers/company/backoff.h"
#include "peers/company/loop_source.h"
#include "peers/company/rate_limit.h"
#include "peers/company/tracker_url.h"
#include "peers/company/trackers.h"
#include "peers/company/websocket.h"
#include "peers/signal/replies.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace triad::trackers {

class Tracker;

// What all trackers of a node share. Outlives them.
struct TrackerHost {
  TrackersOptions options;
  Trackers::Listener& listener;
  signal::ReplyParser parser;
  std::function<Result<std::shared_ptr<TlsClient>>()> tls;
  std::function<void(Tracker*)> gone; // after leave_all(): may be forgotten
};

// The context's thread only. See Trackers for what the calls mean.
class Tracker final : public std::enable_shared_from_this<Tracker>, private WebSocket::Listener {
public:
  // `url`: as the listener knows it; `parsed` is the same.
  Tracker(TrackerHost& host, std::string url, TrackerUrl parsed, std::uint64_t seed);
  ~Tracker() override; // says "stopped" where that takes no waiting

  void join(const signal::InfoHash& info_hash, const AnnounceFacts& facts);
  void update(const signal::InfoHash& info_hash, const AnnounceFacts& facts);
  void leave(const signal::InfoHash& info_hash);
  // Nothing is announced any more: the connection is closed in good order, then host.gone() comes.
  void close();

  bool offer(const signal::InfoHash& info_hash, const std::vector<Trackers::PooledOffer>& offers);
  void answer(const signal::InfoHash& info_hash, const signal::PeerId& to,
              const signal::OfferId& offer, const std::string& sdp);
  void scrape(const signal::InfoHash& info_hash);

  [[nodiscard]] bool knows(const signal::InfoHash& info_hash) const;
  [[nodiscard]] bool empty() const { return releases_.empty(); }
  [[nodiscard]] bool connected() const { return socket_ && socket_->is_open(); }

private:
  using Time = std::chrono::nanoseconds;
  struct Announced {
    AnnounceFacts facts;
    AnnounceTimes times;
    RateLimit offers;
  };
  using Releases = std::map<signal::InfoHash, Announced>;

  void on_open() override;
  void on_text(std::string_view text) override;
  void on_closed(const std::string& reason) override;

  void connect();
  void drop(const std::string& reason); // the connection, for now
  void on_timer();
  void announce_due(Time now);
  void set_timer();
  bool send_announce(Releases::value_type& release,
                     const std::vector<Trackers::PooledOffer>& offers);
  void send_stopped(const Releases::value_type& release);
  [[nodiscard]] signal::AnnounceRequest request(const Releases::value_type& release) const;

  void handle(const signal::AnnounceReply& reply);
  void handle(const signal::RelayedOffer& offer);
  void handle(const signal::RelayedAnswer& answer);
  void handle(const signal::ScrapeReply& reply);
  void handle(const signal::Failure& failure);

  TrackerHost& host_;
  const std::string url_;
  const TrackerUrl parsed_;
  Releases releases_;
  std::shared_ptr<WebSocket> socket_; // null: waiting, or nothing to announce
  Backoff backoff_;
  bool leaving_ = false;
  LoopSource timer_;
  std::optional<Time> connect_at_; // back-off
  Time announce_from_{};           // pacing
  // While on_announcing() is out: for which release, and what it gives along.
  std::optional<signal::InfoHash> announcing_;
  std::vector<Trackers::PooledOffer> given_along_;
};

} // namespace triad::trackers
