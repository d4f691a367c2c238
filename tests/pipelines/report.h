// SPDX-License-Identifier: LGPL-2.1-or-later
// What `triad play --json` printed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace triad::test {

struct ReportedTrack {
  std::string uri, error; // "null": none
  double start_ms = -1, duration_ms = -1, stalls = 0;
  std::uint64_t cache = 0, peers = 0, server = 0, wasted = 0;
};

// Throws where a field is missing.
[[nodiscard]] std::vector<ReportedTrack> parse_report(const std::string& json);

// The URI of a track's release.
[[nodiscard]] std::string release_of(const std::string& track_uri);

} // namespace triad::test
