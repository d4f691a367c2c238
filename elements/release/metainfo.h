// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads metainfo files: BEP 3 (v1), BEP 52 (v2), hybrids, BEP 47 pads. Pure; any thread.
//
// A name that libtorrent would have to repair (.., absolute, duplicate, not UTF-8, empty elements)
// is refused with the reason: repaired names give wrong web-seed URLs, or worse. Dictionaries must
// have sorted, unique keys, as BEP 3 says.
//
// The top-level key `triad` is ours: a dictionary whose key `durations` is a dictionary from a
// file's raw path (below the release's name; the name itself for a single-file release) to its
// duration in milliseconds, 1 to 3,600,000,000. Paths that the release does not have are ignored.
#pragma once

#include "release/release.h"

#include <optional>

namespace triad {

// Limits on what a hostile metainfo can blow up.
inline constexpr std::size_t max_metainfo_size = 16 * 1024 * 1024;
inline constexpr std::uint32_t max_files = 20'000;
inline constexpr std::uint32_t max_pieces = 1u << 21;
inline constexpr int max_depth = 32;

// A whole metainfo file. Errors: bad_metainfo; the detail is the bare reason.
[[nodiscard]] Result<ReleasePtr> parse_metainfo(Bytes metainfo);

// An info dictionary alone, as peers give it for a magnet link (BEP 9): the same release as the
// whole file gives, but without durations, web seeds and trackers. v2 layers are missing: what
// wire::HashExchange collects completes it (Release::with_layers()); a hybrid can do without
// (Release::v1_alone()). Errors: bad_metainfo.
[[nodiscard]] Result<ReleasePtr> parse_info(Bytes info);

// An error of these functions, for people who know the metainfo by `place`, a URL or a file.
[[nodiscard]] Error unusable_metainfo(const std::string& place, const Error& error);

// The first bytes of a metainfo file that is still arriving. Empty until the info dictionary is
// whole; then a release of the same names and geometry as the whole file gives, but without v2
// layers, durations, web seeds and trackers. Errors as soon as it is seen that the bytes can't
// become a usable file (before `info` is whole that is a matter of form alone).
[[nodiscard]] Result<std::optional<ReleasePtr>> parse_metainfo_prefix(Bytes prefix);

// The info dictionary as it stands in a metainfo file: what peers ask each other for (BEP 9). Empty
// where there is none that is whole.
[[nodiscard]] Bytes info_dictionary(Bytes metainfo);

} // namespace triad
