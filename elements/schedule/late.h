// SPDX-License-Identifier: LGPL-2.1-or-later
// Rule 5: asks somebody else for what its supplier will not bring in time.
#pragma once

#include "schedule/picker.h"

#include <optional>

namespace triad {

// Returns when to look again, if nothing else happens before. `doubling`: two may be asked for one
// block; else a silent supplier loses it.
std::optional<Time> ask_again(Pieces& pieces, Suppliers& suppliers, const std::vector<Want>& wants,
                              bool doubling, std::deque<ScheduleAction>& actions, Time now);

} // namespace triad
