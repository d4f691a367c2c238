// SPDX-License-Identifier: LGPL-2.1-or-later
// What `triad node --status` keeps in its file.
#pragma once

#include "node/seeder.h"

#include <filesystem>
#include <string>

namespace triad::tool {

// One JSON object, one line with its end; triad(1) says what the fields mean. `uptime`: seconds.
[[nodiscard]] std::string status_as_json(const Seeder::Facts& facts, double uptime);

// Replaces the file in one step, so that a reader never sees half of it. Errors: io.
Status write_status(const std::filesystem::path& file, const std::string& json);

} // namespace triad::tool
