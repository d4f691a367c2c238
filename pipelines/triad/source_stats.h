// SPDX-License-Identifier: LGPL-2.1-or-later
// What a source element tells of itself: the one place that knows triadsrc's properties.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <string>
#include <vector>

namespace triad::tool {

struct PeerBytes {
  std::string id;
  std::uint64_t bytes = 0; // that it sent
};

struct SourceStats {
  std::uint64_t bytes_cache = 0, peers_received = 0, server_received = 0, bytes_wasted = 0;
  unsigned links = 0; // to peers, now
  std::vector<PeerBytes> peers;
  double lead = 0;     // seconds that are there beyond what sounds
  bool waiting = true; // for a source to send something
};

// As they are above for elements that keep no such statistics.
[[nodiscard]] SourceStats read_stats(GstElement* source);

// What to prefetch, for elements that do.
void set_next_uri(GstElement* source, const std::string& uri);

} // namespace triad::tool
