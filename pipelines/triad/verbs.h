// SPDX-License-Identifier: LGPL-2.1-or-later
// What `triad` can do: one function, and one file, per verb. Each returns the exit code.
#pragma once

#include <string>
#include <vector>

namespace triad::tool {

using Words = std::vector<std::string>; // what follows the verb

int publish(const Words& words);
int serve(const Words& words);
int play(const Words& words);
int inspect(const Words& words);
int cache(const Words& words);
int node(const Words& words);

} // namespace triad::tool
