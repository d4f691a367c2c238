// SPDX-License-Identifier: LGPL-2.1-or-later
// Sends each command to the Redis node that has its slot, and follows the slots where they go.
#pragma once

#include "tracker/store/backoff.h"
#include "tracker/store/connection.h"
#include "tracker/store/redis_url.h"
#include "tracker/store/slots.h"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace triad::tracker::redis {

struct ClusterOptions {
  Url url;
  std::uint64_t seed = 0; // rules the jitter of back-offs
  std::chrono::milliseconds reply_timeout, first_retry, last_retry;
};

struct ClusterTotals {
  bool settled = false;
  std::string trouble; // the last one
  std::uint64_t commands = 0, redirections = 0, reconnections = 0, dropped = 0, refused = 0;
};

// A single Redis is a cluster of one that has all slots. One thread.
class Cluster : public std::enable_shared_from_this<Cluster> {
public:
  struct Events {
    std::function<void()> changed; // slots may have other masters now
    std::function<void()> settled; // after a start or a trouble: each slot has a live master
  };

  Cluster(boost::asio::io_context& loop, ClusterOptions options, Events events);
  ~Cluster(); // no event comes any more
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  void start();

  // To the slot's master, through redirections. What can't be kept is dropped: done(null).
  void send(Command command);
  // The clock of the slot's master, since 1970; nullopt: it is away.
  [[nodiscard]] std::optional<std::chrono::milliseconds> now(Slot slot) const;
  [[nodiscard]] const Address* master(Slot slot) const { return slots_.master(slot); }

  // What others learnt: a slot's new master; that something is wrong, so that the topology is asked
  // for again after a while.
  void moved(const Redirection& redirection);
  void trouble(const std::string& what);

  [[nodiscard]] const ClusterTotals& totals() const { return totals_; }

private:
  Connection& node(const Address& address);
  void put(Connection& to, Command command);
  void drop(const Command& command);
  void answered(const Address& from, Command&& command, const Reply* reply);
  void refused(const Address& from, const std::string& error);
  void refresh_later();
  void refresh();
  [[nodiscard]] Address whom_to_ask();
  void take_topology(const Address& asked, const Reply* reply);
  void adopt(const Topology& topology);
  void look_whether_settled();

  boost::asio::io_context& loop_;
  const ClusterOptions options_;
  const Events events_;
  Backoff backoff_;
  boost::asio::steady_timer refresh_timer_;
  std::map<Address, std::shared_ptr<Connection>> nodes_;
  std::vector<Address> known_; // whom to ask for the topology
  std::size_t turn_ = 0;       // of those who are asked
  SlotMap slots_;
  bool refreshing_ = false; // or about to
  std::chrono::steady_clock::time_point settled_at_;
  ClusterTotals totals_;
};

} // namespace triad::tracker::redis
