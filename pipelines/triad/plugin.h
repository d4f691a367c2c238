// SPDX-License-Identifier: LGPL-2.1-or-later
// triadsrc within the tool itself: it plays without any plugin path.
#pragma once

namespace triad::tool {

// After gst_init(). Takes the place of an installed triadsrc in this process.
void register_triadsrc();

} // namespace triad::tool
