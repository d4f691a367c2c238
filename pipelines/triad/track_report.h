// SPDX-License-Identifier: LGPL-2.1-or-later
// What `triad play` tells at the end about each track.
#pragma once

#include "source_stats.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace triad::tool {

struct TrackReport {
  std::string uri;
  std::optional<double> start_ms; // to the first decoded buffer at the sink; absent: none came
  std::optional<double> duration_ms;
  std::uint64_t stalls = 0;
  double stalled_ms = 0;
  std::uint64_t bytes_cache = 0;
  std::uint64_t bytes_peers = 0;
  std::uint64_t bytes_server = 0;
  unsigned links = 0;           // to peers, when it was last looked at
  std::vector<PeerBytes> peers; // who sent something
  std::uint64_t wasted_bytes = 0;
  std::optional<std::string> error;
};

// {"tracks":[...]}, one line with its end; triad(1) says what the fields mean.
[[nodiscard]] std::string report_as_json(const std::vector<TrackReport>& tracks);
// The same for people, one line per track.
[[nodiscard]] std::string report_as_text(const std::vector<TrackReport>& tracks);

// "3:07"; "1.4 MB".
[[nodiscard]] std::string clock_text(double seconds);
[[nodiscard]] std::string size_text(std::uint64_t bytes);
// The last element of a URI, percent-decoded, for people.
[[nodiscard]] std::string title_of(const std::string& uri);

} // namespace triad::tool
