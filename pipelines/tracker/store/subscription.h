// SPDX-License-Identifier: LGPL-2.1-or-later
// Listens to one sharded channel of Redis, wherever its slot goes.
#pragma once

#include "tracker/store/cluster.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace triad::tracker::redis {

// One thread.
class Subscription : public std::enable_shared_from_this<Subscription> {
public:
  struct Events {
    std::function<void(std::string_view message)> message;
    std::function<void()> garbled; // a reply that can't be read; it connects again
  };

  // `cluster` must outlive this. Of `options` the URL's login and the times are used.
  Subscription(boost::asio::io_context& loop, const ClusterOptions& options, std::string channel,
               Cluster& cluster, Events events);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // Connects to where the channel's slot is now, if it is elsewhere: call it when slots changed.
  void follow();
  [[nodiscard]] bool ready() const { return ready_; } // messages arrive

private:
  void connect(const Address& to);
  void take(const Reply& reply);
  void again();

  boost::asio::io_context& loop_;
  const ConnectionOptions login_;
  const std::string channel_;
  Cluster& cluster_;
  const Events events_;
  Backoff backoff_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<Connection> connection_;
  Address where_; // the other end of connection_
  bool ready_ = false;
};

} // namespace triad::tracker::redis
