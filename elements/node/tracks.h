// SPDX-License-Identifier: LGPL-2.1-or-later
// Which file of a release a Triad URI names, and what is known of how it plays. Pure.
#pragma once

#include "release/release.h"
#include "release/uri.h"

#include <string>
#include <string_view>
#include <vector>

namespace triad {

// Errors: not_found (listing what there is), bad_metainfo (a magnet link's hash names another
// release).
[[nodiscard]] Result<FileIndex> resolve_track(const Release& release, const TriadUri& uri);

// Demuxers of Ogg read the end before they play; those of M4A do where the index may stand there.
[[nodiscard]] bool reads_tail(std::string_view path, std::uint64_t length);

// Bytes per second; empty if the metainfo has no duration.
[[nodiscard]] std::optional<double> byte_rate(const ReleaseFile& track);

// Where the track that `uri` names would stand beside its metainfo file: a guess for the time
// before the metainfo is there. Empty if there is none.
[[nodiscard]] std::string expected_track_url(const TriadUri& uri);

[[nodiscard]] std::vector<std::string> track_uris(const Release& release, const TriadUri& uri);

} // namespace triad
