// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads the settings about peers.
#include "node/peer_settings.h"

#include "node/ice_servers.h"
#include "node/settings.h"
#include "release/http_url.h"

#include <charconv>

namespace triad {

namespace {

Error wrong(std::string message) {
  return {ErrorCode::settings, std::move(message), {}};
}

// Words between commas and blanks.
std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(", \t"), text.size());
    if (end > 0)
      found.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return found;
}

Status check_tracker(const std::string& url) {
  const auto after = url.find("://");
  const auto begin = after == std::string::npos ? url.size() : after + 3;
  const std::string_view authority =
      std::string_view(url).substr(begin, url.find_first_of("/?", begin) - begin);
  if (!is_peer_tracker(url) || !is_url_text(url) || !why_bad_authority(authority).empty())
    return wrong("\"" + url +
                 "\" is no tracker; give ws:// and wss:// URLs, with commas between "
                 "them.");
  return ok();
}

template <typename Server>
Result<std::vector<Server>> parse_servers(std::string_view text,
                                          Result<Server> (*parse)(std::string_view)) {
  std::vector<Server> servers;
  for (const std::string& word : words(text)) {
    auto server = parse(word);
    if (!server)
      return server.error();
    servers.push_back(std::move(*server));
  }
  return servers;
}

template <typename Number>
bool whole_number(std::string_view text, Number& number) {
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() && rest == text.data() + text.size();
}

} // namespace

void NodeOptions::take(const NodeOptions& newer) {
  const auto replace = [](auto& mine, const auto& theirs) {
    if (theirs)
      mine = theirs;
  };
  replace(stun_server, newer.stun_server);
  replace(turn_server, newer.turn_server);
  replace(relay_only, newer.relay_only);
  replace(trackers, newer.trackers);
  replace(max_peers, newer.max_peers);
  replace(upload_rate, newer.upload_rate);
  replace(upload_quota, newer.upload_quota);
}

const std::array<PeerSetting, peer_setting_count>& peer_settings() {
  static constexpr std::array<PeerSetting, peer_setting_count> all = {{
      {"TRIAD_STUN_SERVER", "stun-server",
       [](std::string_view text, NodeOptions& options) -> Status {
         options.stun_server = text;
         return ok();
       },
       [](const NodeOptions& options) { return options.stun_server.has_value(); }},
      {"TRIAD_TURN_SERVER", "turn-server",
       [](std::string_view text, NodeOptions& options) -> Status {
         options.turn_server = text;
         return ok();
       },
       [](const NodeOptions& options) { return options.turn_server.has_value(); }},
      {"TRIAD_ICE_TRANSPORT_POLICY", "ice-transport-policy",
       [](std::string_view text, NodeOptions& options) -> Status {
         if (text != "all" && text != "relay")
           return wrong("\"" + std::string(text) + "\" is no policy; allowed are all and relay.");
         options.relay_only = text == "relay";
         return ok();
       },
       [](const NodeOptions& options) { return options.relay_only.has_value(); }},
      {"TRIAD_TRACKERS", "trackers",
       [](std::string_view text, NodeOptions& options) -> Status {
         options.trackers = words(text);
         return ok();
       },
       [](const NodeOptions& options) { return options.trackers.has_value(); }},
      {"TRIAD_MAX_PEERS", "max-peers",
       [](std::string_view text, NodeOptions& options) -> Status {
         unsigned number = 0;
         if (!whole_number(text, number))
           return wrong("\"" + std::string(text) + "\" is no number.");
         options.max_peers = number;
         return ok();
       },
       [](const NodeOptions& options) { return options.max_peers.has_value(); }},
      {"TRIAD_UPLOAD_RATE", "upload-rate",
       [](std::string_view text, NodeOptions& options) -> Status {
         if (text == "-1") {
           options.upload_rate = -1;
           return ok();
         }
         const auto rate = parse_byte_size(text);
         if (!rate || *rate > INT64_MAX)
           return wrong("\"" + std::string(text) +
                        "\" is no rate; give bytes per second (K, M and G are understood), 0 for "
                        "none, or -1 for no limit.");
         options.upload_rate = static_cast<std::int64_t>(*rate);
         return ok();
       },
       [](const NodeOptions& options) { return options.upload_rate.has_value(); }},
      {"TRIAD_UPLOAD_QUOTA", "upload-quota",
       [](std::string_view text, NodeOptions& options) -> Status {
         const auto quota = parse_byte_size(text);
         if (!quota)
           return quota.error();
         options.upload_quota = *quota;
         return ok();
       },
       [](const NodeOptions& options) { return options.upload_quota.has_value(); }},
  }};
  return all;
}

Result<CompanySettings> apply(CompanySettings settings, const NodeOptions& options) {
  if (options.stun_server) {
    auto servers = parse_servers(*options.stun_server, parse_stun_server);
    if (!servers)
      return servers.error();
    settings.ice.stun = std::move(*servers);
  }
  if (options.turn_server) {
    auto servers = parse_servers(*options.turn_server, parse_turn_server);
    if (!servers)
      return servers.error();
    settings.ice.turn = std::move(*servers);
  }
  if (options.relay_only)
    settings.ice.relay_only = *options.relay_only;
  if (options.trackers) {
    for (const std::string& url : *options.trackers)
      if (auto fine = check_tracker(url); !fine)
        return fine.error();
    settings.trackers = *options.trackers;
  }
  if (options.max_peers) {
    constexpr unsigned most = 1000;
    if (*options.max_peers == 0 || *options.max_peers > most)
      return wrong(std::to_string(*options.max_peers) + " peers can't be had; allowed are 1 to " +
                   std::to_string(most) + ".");
    settings.max_peers = *options.max_peers;
  }
  if (options.upload_rate) {
    if (*options.upload_rate < -1)
      return wrong(std::to_string(*options.upload_rate) +
                   " is no rate; give bytes per second, 0 for none, or -1 for no limit.");
    settings.upload.rate = *options.upload_rate;
  }
  if (options.upload_quota)
    settings.upload_quota = *options.upload_quota;
  return settings;
}

bool is_peer_tracker(std::string_view url) {
  const std::string small = ascii_lower(url.substr(0, 6));
  return small.starts_with("ws://") || small.starts_with("wss://");
}

} // namespace triad
