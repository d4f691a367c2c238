// SPDX-License-Identifier: LGPL-2.1-or-later
// Takes back requests that a seek, or a reader that left, has made useless.
#pragma once

#include "schedule/picker.h"

namespace triad {

// All that a server still owes of one request.
void withdraw_rest(Pieces& pieces, Supplier& server, Supplier::Run run,
                   std::deque<ScheduleAction>& actions);

// A peer's are cancelled block by block. A server's request only as a whole, and only where what
// nobody wants would hold up what follows it: cancelling costs an HTTP/1.1 connection.
void withdraw_unwanted(Pieces& pieces, Suppliers& suppliers, const std::vector<Want>& wants,
                       std::deque<ScheduleAction>& actions, Time now);

} // namespace triad
