// SPDX-License-Identifier: LGPL-2.1-or-later
// What an application says about peers; it holds for the whole node, whoever said it last.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace triad {

// Absent: not said.
struct NodeOptions {
  std::optional<std::string> stun_server;           // ice_servers.h; empty: none of our own
  std::optional<std::string> turn_server;           // the same; empty: none
  std::optional<bool> relay_only;                   // ice-transport-policy=relay
  std::optional<std::vector<std::string>> trackers; // ws:// and wss://, for every release
  std::optional<unsigned> max_peers;
  std::optional<std::int64_t> upload_rate;   // bytes per second; 0: nothing is given; -1: no cap
  std::optional<std::uint64_t> upload_quota; // bytes a month; 0: no limit

  bool operator==(const NodeOptions&) const = default;
  // What `newer` says counts from now on.
  void take(const NodeOptions& newer);
};

} // namespace triad
