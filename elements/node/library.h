// SPDX-License-Identifier: LGPL-2.1-or-later
// Published releases in the user's own folders: each NAME.torrent that has its NAME beside it. Any
// thread; blocks on the disk.
#pragma once

#include "release/release.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace triad {

struct LibraryRelease {
  ReleasePtr release;
  std::vector<std::byte> metainfo; // the whole file
  std::filesystem::path folder;    // holds the release's folder or file
};

// Looks `max_library_depth` folders deep, does not follow links to folders, and passes over what it
// may not read. `skipped` is told of metainfo that is of no use, and why. Each release comes once,
// in the order of paths. Errors: not_found, io (the folder itself).
inline constexpr int max_library_depth = 16;
[[nodiscard]] Result<std::vector<LibraryRelease>>
find_in_library(const std::filesystem::path& folder,
                const std::function<void(const std::string&)>& skipped);

} // namespace triad
