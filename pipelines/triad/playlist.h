// SPDX-License-Identifier: LGPL-2.1-or-later
// From what people ask to play to the URIs of single tracks.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace triad::tool {

struct PlaylistEntry {
  std::string uri;
  std::optional<std::string> error; // why its tracks are not known
};

// A release's URI, or a metainfo file, becomes all its tracks; other URIs and file names are one
// entry each. Blocks.
[[nodiscard]] std::vector<PlaylistEntry> make_playlist(const std::vector<std::string>& words);

} // namespace triad::tool
