// SPDX-License-Identifier: LGPL-2.1-or-later
// Triad URIs: what a player is given. Pure; any thread.
#pragma once

#include "release/hashes.h"
#include "release/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace triad {

// triad://HOST/PATH/NAME.torrent[?QUERY][/TRACK]        the https URL of a metainfo file, then a
// track's path in it triad+http://..., triad+file:///...                    plain HTTP, a local
// metainfo file magnet:?xt=urn:btih:...&xt=urn:btmh:...&xs=...&ws=...&tr=...&so=... triad:// bare:
// valid, names nothing (players probe with it)
struct TriadUri {
  // Empty for a bare URI. https://, http:// or file:/// URL of the metainfo, percent-encoded as it
  // was given; for a magnet link its first usable xs=, else empty.
  std::string metainfo_url;
  // The track's path below the release's name, percent-decoded, '/' between elements; empty: the
  // only track.
  std::string track;

  // Magnet links only (BEP 9, BEP 52, BEP 53).
  bool magnet = false;
  std::optional<Sha1> info_hash_v1;
  std::optional<Sha256> info_hash_v2;
  std::vector<std::string> web_seeds; // ws=
  std::vector<std::string> trackers;  // tr=
  std::optional<std::uint32_t> file;  // so=, counted as the v1 file list does

  std::string text; // as it was given

  [[nodiscard]] bool bare() const { return metainfo_url.empty() && !magnet; }
};

// Errors: bad_uri, with the reason and the offending part.
[[nodiscard]] Result<TriadUri> parse_uri(std::string_view text);

// The URI of `track` (raw path) in the release that `release` names; keeps scheme, query and, for a
// magnet link, everything but so=/track.
[[nodiscard]] std::string track_uri(const TriadUri& release, std::string_view track,
                                    std::uint32_t v1_file_index);

// The Triad URI for a metainfo URL (https, http, file).
[[nodiscard]] Result<std::string> release_uri(std::string_view metainfo_url);

// Percent-encodes a raw path for use in a URL; '/' stays.
[[nodiscard]] std::string encode_path(std::string_view path);

} // namespace triad
