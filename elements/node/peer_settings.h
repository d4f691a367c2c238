// SPDX-License-Identifier: LGPL-2.1-or-later
// The settings that are about peers: their texts, and what they mean. Pure.
#pragma once

#include "node/node_options.h"
#include "peers/company/company.h"

#include <array>
#include <string_view>

namespace triad {

// One setting as triad.conf and the environment have it.
struct PeerSetting {
  const char* variable;
  const char* key;
  // Sets its part of the options. Errors: settings.
  Status (*parse)(std::string_view text, NodeOptions& options);
  bool (*said)(const NodeOptions& options);
};
inline constexpr std::size_t peer_setting_count = 7;
[[nodiscard]] const std::array<PeerSetting, peer_setting_count>& peer_settings();

// `settings` with what the options say. Errors: settings.
[[nodiscard]] Result<CompanySettings> apply(CompanySettings settings, const NodeOptions& options);

// The trackers that peers can be found by: those that speak WebSocket.
[[nodiscard]] bool is_peer_tracker(std::string_view url);

} // namespace triad
