// SPDX-License-Identifier: LGPL-2.1-or-later
// Real Redis servers on loopback: one, or a Cluster of three masters and three replicas.
#pragma once

#include "kit/temporary_folder.h"
#include "tracker/store/child.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace triad::testing {

class RedisServer {
public:
  // Keeps nothing on disk.
  explicit RedisServer(bool of_cluster = false);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::uint16_t bus_port() const { return bus_port_; }
  [[nodiscard]] std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }

  void kill() { server_->kill(); } // -9
  void start();                    // again, at the same port, empty
  // What redis-cli prints.
  [[nodiscard]] std::string ask(const std::vector<std::string>& words) const;

private:
  [[nodiscard]] bool try_to_start();

  kit::TemporaryFolder folder_;
  bool of_cluster_;
  std::uint16_t port_ = 0, bus_port_ = 0;
  std::unique_ptr<Child> server_;
};

class RedisCluster {
public:
  // Returns when every replica could take over.
  RedisCluster();

  [[nodiscard]] std::string url() const; // names three of the nodes
  // Kills with -9 a master at which somebody listens to a channel.
  void kill_master_with_listener();
  // Makes a replica the master in place of another node, without a fault.
  void hand_over();

private:
  std::vector<std::unique_ptr<RedisServer>> nodes_;
};

} // namespace triad::testing
