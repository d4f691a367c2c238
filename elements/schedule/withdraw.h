// SPDX-License-Identifier: LGPL-2.1-or-later
// Takes back requests that are not wanted any more, or are wanted sooner than was said.
#pragma once

#include "schedule/picker.h"

namespace triad {

// All that a server still owes of one request.
void withdraw_rest(Pieces& pieces, Supplier& server, Supplier::Run run,
                   std::deque<ScheduleAction>& actions, Time now);

// A peer's are cancelled block by block. A server's request only as a whole, and only where what
// nobody wants would hold up what follows it: cancelling costs an HTTP/1.1 connection.
void withdraw_unwanted(Pieces& pieces, Suppliers& suppliers, const std::vector<Want>& wants,
                       std::deque<ScheduleAction>& actions, Time now);

// What is heard soon and was asked for as less urgent: its peer may serve all else first, so it is
// to be asked for again. Other clients than Triad know no urgency, and lose nothing by it.
void withdraw_less_urgent(Pieces& pieces, Suppliers& suppliers, const std::vector<Want>& wants,
                          std::deque<ScheduleAction>& actions, Time now);

} // namespace triad
