// SPDX-License-Identifier: LGPL-2.1-or-later
// Files that are read and written as a whole.
#pragma once

#include "release/hashes.h"
#include "release/result.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace triad::tool {

// Errors: not_found, io (also where it is longer than `max_size` bytes).
[[nodiscard]] Result<std::vector<std::byte>> read_file(const std::filesystem::path& file,
                                                       std::uint64_t max_size);

// All of it under its name at once, or what was there before. Errors: io, no_space.
[[nodiscard]] Status write_by_rename(const std::filesystem::path& file, Bytes bytes);

} // namespace triad::tool
