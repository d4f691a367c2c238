// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report.h"

#include <boost/property_tree/json_parser.hpp>

#include <sstream>

namespace triad::test {

std::vector<ReportedTrack> parse_report(const std::string& json) {
  std::istringstream stream(json);
  boost::property_tree::ptree tree;
  boost::property_tree::read_json(stream, tree);
  std::vector<ReportedTrack> tracks;
  for (const auto& [unused, item] : tree.get_child("tracks")) {
    ReportedTrack track;
    track.uri = item.get<std::string>("uri");
    track.error = item.get<std::string>("error");
    track.start_ms = item.get<double>("start_ms", -1);
    track.duration_ms = item.get<double>("duration_ms", -1);
    track.stalls = item.get<double>("stalls");
    track.cache = item.get<std::uint64_t>("bytes.cache");
    track.peers = item.get<std::uint64_t>("bytes.peers");
    track.server = item.get<std::uint64_t>("bytes.server");
    track.wasted = item.get<std::uint64_t>("wasted_bytes");
    tracks.push_back(track);
  }
  return tracks;
}

std::string release_of(const std::string& track_uri) {
  return track_uri.substr(0, track_uri.find(".torrent/") + 8);
}

} // namespace triad::test
