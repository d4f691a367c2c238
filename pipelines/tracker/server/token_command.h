// SPDX-License-Identifier: LGPL-2.1-or-later
// triad-tracker token: prints a token for an announce URL.
#pragma once

#include <string>
#include <vector>

namespace triad::tracker {

// `words`: after "token". Returns the exit code.
int token_command(const std::vector<std::string>& words);

} // namespace triad::tracker
