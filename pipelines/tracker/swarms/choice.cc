// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/swarms/choice.h"

#include <algorithm>

namespace triad::tracker {

// Floyd's way (Bentley, Programming Pearls: a sample of brilliance, 1987).
void choose(Random& random, std::uint32_t bound, std::uint32_t count,
            std::vector<std::uint32_t>& chosen) {
  for (std::uint32_t last = bound - count; last < bound; ++last) {
    const std::uint32_t drawn = random.below(last + 1);
    const bool had = std::find(chosen.begin(), chosen.end(), drawn) != chosen.end();
    chosen.push_back(had ? last : drawn);
  }
}

std::uint32_t draw_theirs(Random& random, std::uint32_t ours, std::uint32_t theirs,
                          std::uint32_t count) {
  std::uint32_t drawn = 0;
  for (std::uint32_t left = ours + theirs; theirs > 0 && count > 0; --count, --left)
    if (random.below(left) < theirs)
      --theirs, ++drawn;
  return drawn;
}

} // namespace triad::tracker
