// SPDX-License-Identifier: LGPL-2.1-or-later
// A metainfo file on this machine, as bytes. Any thread; blocks on the disk.
#pragma once

#include "release/result.h"

#include <cstddef>
#include <filesystem>
#include <vector>

namespace triad {

// Errors: not_found, io, bad_metainfo (larger than max_metainfo_size).
[[nodiscard]] Result<std::vector<std::byte>> read_metainfo_file(const std::filesystem::path& path);

} // namespace triad
