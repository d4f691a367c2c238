// SPDX-License-Identifier: LGPL-2.1-or-later
// The tracker's time, which the server hands in.
#pragma once

#include <chrono>

namespace triad::tracker {

using Time = std::chrono::milliseconds; // monotonic, since the tracker's start

} // namespace triad::tracker
