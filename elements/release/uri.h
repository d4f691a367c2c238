// SPDX-License-Identifier: LGPL-2.1-or-later
// Triad URIs: what a player is given. Pure; any thread.
#pragma once

#include "release/hashes.h"
#include "release/percent.h"
#include "release/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace triad {

// What may be written (schemes in any case; no fragment; printable ASCII, the rest
// percent-encoded):
//
//   triad://HOST/PATH/NAME.torrent[/TRACK][?QUERY]
//       the https URL of a metainfo file, which ends at the first segment that ends in `.torrent`,
//       then a track's path in it. The query belongs to the metainfo's URL, although it comes after
//       the track: triad://h/N.torrent/02%20Ice.ogg?t=x is track `02 Ice.ogg` of
//       https://h/N.torrent?t=x. User info stays in the URL.
//   triad+http://...      the same by plain HTTP
//   triad+file:///...     a local metainfo file (no query)
//   magnet:?xt=urn:btih:...&xt=urn:btmh:1220...&xs=...&ws=...&tr=...&so=...
//       without xs=, which says where the metainfo is, it comes from peers
//   triad://              bare: valid, names nothing (players probe with it; so for each scheme)
struct TriadUri {
  // Empty for a bare URI. https://, http:// or file:/// URL of the metainfo, percent-encoded as it
  // was given; for a magnet link its first xs= that is an HTTP(S) URL, or empty.
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
  std::optional<std::uint32_t> file;  // so=, one index as the v1 file list counts

  std::string text; // as it was given

  [[nodiscard]] bool bare() const { return metainfo_url.empty() && !magnet; }
};

// Errors: bad_uri, with the reason and the offending part.
[[nodiscard]] Result<TriadUri> parse_uri(std::string_view text);

// The URI of `track` (raw path) in the release that `release` names; keeps scheme, query and, for a
// magnet link, everything but so=/track.
[[nodiscard]] std::string track_uri(const TriadUri& release, std::string_view track,
                                    std::uint32_t v1_file_index);

// The Triad URI for a metainfo URL (https, http, file), which must end in `.torrent` but for a
// query. Errors: bad_uri.
[[nodiscard]] Result<std::string> release_uri(std::string_view metainfo_url);

} // namespace triad
