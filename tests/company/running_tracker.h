// SPDX-License-Identifier: LGPL-2.1-or-later
// A whole triad-tracker on loopback, in a thread of its own.
#pragma once

#include "tracker/server/server.h"

#include <memory>
#include <string>
#include <thread>

namespace triad::kit {

class RunningTracker {
public:
  RunningTracker() {
    auto server = tracker::Server::open(configuration(100));
    server_ = std::move(*server);
    thread_ = std::thread([this] { server_->run(); });
  }
  ~RunningTracker() { stop(); }
  RunningTracker(const RunningTracker&) = delete;
  RunningTracker& operator=(const RunningTracker&) = delete;

  [[nodiscard]] const std::string& url() const { return server_->url(); }
  void dial(unsigned peer_share) {
    server_->apply(configuration(peer_share), [] {});
  }
  void stop() {
    if (!thread_.joinable())
      return;
    server_->stop();
    thread_.join();
  }

private:
  static tracker::Configuration configuration(unsigned peer_share) {
    tracker::Settings settings;
    settings.listen = "127.0.0.1:0";
    settings.swarms.peer_share = peer_share;
    return {settings, {}, nullptr, {}};
  }

  std::unique_ptr<tracker::Server> server_;
  std::thread thread_;
};

} // namespace triad::kit
