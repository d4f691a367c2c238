// SPDX-License-Identifier: LGPL-2.1-or-later
// The operator's files: settings, allow list, secrets.
#pragma once

#include "release/result.h"

#include <string>

namespace triad::tracker {

// All of it. Blocks. Errors: io, naming the file; also where it has more than 64 MiB.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path);

} // namespace triad::tracker
