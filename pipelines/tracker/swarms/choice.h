// SPDX-License-Identifier: LGPL-2.1-or-later
// Fair choices without looking at everybody.
#pragma once

#include "tracker/swarms/random.h"

#include <cstdint>
#include <vector>

namespace triad::tracker {

// Adds `count` different numbers of [0, bound) to `chosen`, which is empty; each set of them is as
// likely as any other. Costs no more for a large `bound`. `count` is at most `bound`, and small.
void choose(Random& random, std::uint32_t bound, std::uint32_t count,
            std::vector<std::uint32_t>& chosen);

// How many of `count` drawn from an urn of `ours` and `theirs` are theirs; `count` is at most the
// sum.
[[nodiscard]] std::uint32_t draw_theirs(Random& random, std::uint32_t ours, std::uint32_t theirs,
                                        std::uint32_t count);

} // namespace triad::tracker
