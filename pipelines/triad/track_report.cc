// SPDX-License-Identifier: LGPL-2.1-or-later
#include "track_report.h"

#include "json.h"
#include "release/names.h"
#include "release/percent.h"

#include <array>
#include <cstdio>

namespace triad::tool {
namespace {

std::string peers_as_json(const std::vector<PeerBytes>& peers) {
  std::vector<std::string> values;
  for (const PeerBytes& peer : peers) {
    values.push_back("{\"id\":" + json_string(std::string_view(peer.id)) +
                     ",\"bytes\":" + std::to_string(peer.bytes) + '}');
  }
  return json_array(values);
}

std::string as_json(const TrackReport& track) {
  return "{\"uri\":" + json_string(std::string_view(track.uri)) +
         ",\"start_ms\":" + json_number(track.start_ms) +
         ",\"duration_ms\":" + json_number(track.duration_ms) +
         ",\"stalls\":" + std::to_string(track.stalls) +
         ",\"stalled_ms\":" + json_number(track.stalled_ms) +
         ",\"bytes\":{\"cache\":" + std::to_string(track.bytes_cache) +
         ",\"peers\":" + std::to_string(track.bytes_peers) +
         ",\"server\":" + std::to_string(track.bytes_server) +
         "},\"links\":" + std::to_string(track.links) + ",\"peers\":" + peers_as_json(track.peers) +
         ",\"wasted_bytes\":" + std::to_string(track.wasted_bytes) +
         ",\"error\":" + json_string(track.error) + '}';
}

std::string as_text(const TrackReport& track) {
  std::string line = title_of(track.uri);
  if (track.duration_ms) {
    line += " (" + clock_text(*track.duration_ms / 1000) + ")";
  }
  line += ": cache " + size_text(track.bytes_cache) + ", peers " + size_text(track.bytes_peers) +
          ", server " + size_text(track.bytes_server);
  if (track.wasted_bytes != 0) {
    line += ", wasted " + size_text(track.wasted_bytes);
  }
  if (track.start_ms) {
    line += "; start " + json_number(track.start_ms) + " ms, " + std::to_string(track.stalls) +
            (track.stalls == 1 ? " stall" : " stalls");
  }
  if (track.stalls != 0) {
    line += " (" + json_number(track.stalled_ms) + " ms)";
  }
  if (track.error) {
    line += "; failed: " + *track.error;
  }
  return line + '\n';
}

} // namespace

std::string report_as_json(const std::vector<TrackReport>& tracks) {
  std::vector<std::string> values;
  for (const TrackReport& track : tracks) {
    values.push_back(as_json(track));
  }
  return "{\"tracks\":" + json_array(values) + "}\n";
}

std::string report_as_text(const std::vector<TrackReport>& tracks) {
  std::string text;
  for (const TrackReport& track : tracks) {
    text += as_text(track);
  }
  return text;
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<long long>(seconds);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%lld:%02lld", whole / 60, whole % 60);
  return text.data();
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array units = {" B", " kB", " MB", " GB", " TB", " PB", " EB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < units.size(); ++unit) {
    value /= 1000;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f%s" : "%.1f%s", value, units[unit]);
  return text.data();
}

std::string title_of(const std::string& uri) {
  const std::string last = uri.substr(uri.find_last_of('/') + 1);
  const auto decoded = percent_decode(last);
  return decoded && valid_utf8(*decoded) && !decoded->empty() ? *decoded : uri;
}

} // namespace triad::tool
