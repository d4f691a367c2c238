// SPDX-License-Identifier: LGPL-2.1-or-later
// What a tracker tells its operator: JSON for programs, a page for people, metrics for Prometheus.
// Pure.
#pragma once

#include "tracker/access/refusal.h"
#include "tracker/server/process_usage.h"
#include "tracker/store/store_totals.h"
#include "tracker/swarms/swarms.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace triad::tracker {

// What the server counts itself, since its start.
struct ServerCounters {
  std::uint64_t connections = 0; // accepted
  std::uint64_t messages_in = 0; // WebSocket text frames
  std::uint64_t messages_out = 0;
  std::uint64_t bytes_in = 0; // of their payload
  std::uint64_t bytes_out = 0;
  std::uint64_t http_requests = 0;
  std::uint64_t stun_requests = 0; // answered
  std::uint64_t reloads = 0;
};

struct Stats {
  std::string_view version;
  double uptime = 0; // seconds
  ProcessUsage process;
  std::uint64_t connections = 0;    // open now
  unsigned peer_share = 100;        // percent: the operator's dial
  std::optional<StoreTotals> store; // empty: in memory
  SwarmsTotals swarms;
  ServerCounters server;
  RefusalCounts refusals;
  std::vector<SwarmSummary> largest; // empty where strangers may not see which releases there are
};

// For /stats.json, and for /stats where "text/html" is not accepted.
[[nodiscard]] std::string stats_json(const Stats& stats);
// For /metrics: Prometheus' text format 0.0.4, "text/plain; version=0.0.4; charset=utf-8".
[[nodiscard]] std::string stats_metrics(const Stats& stats);
// For /stats: UTF-8, whole, the same always; it reads stats.json beside it every two seconds and
// needs no other resource ("default-src 'none'; style-src 'unsafe-inline'; script-src
// 'unsafe-inline'; connect-src 'self'; img-src data:").
[[nodiscard]] std::string_view stats_page();

} // namespace triad::tracker
