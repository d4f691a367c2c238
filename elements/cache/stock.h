// SPDX-License-Identifier: LGPL-2.1-or-later
// What the cache folder holds, track by track or release by release. These read many files and wait
// for the index; never on a streaming thread.
#pragma once

#include "cache/core.h"

#include <string>
#include <vector>

namespace triad::cache {

[[nodiscard]] Result<std::vector<CachedTrack>> list_tracks(Core& core);
[[nodiscard]] std::vector<CachedRelease> list_releases(Core& core);
[[nodiscard]] Status pin_track(Core& core, const std::string& release_id, const std::string& path,
                               bool pinned);
[[nodiscard]] Result<Cache::VerifyReport> verify_all(Core& core);

} // namespace triad::cache
