// SPDX-License-Identifier: LGPL-2.1-or-later
// What delivers blocks, as a download sees it: the release's servers, or its peers.
#pragma once

#include "schedule/schedule.h"

namespace triad {

class Supplier {
public:
  virtual ~Supplier() = default;
  virtual void request(const Request& request) = 0;
  virtual void cancel(const Cancel& cancel) = 0;
  // It has sent wrong bytes of this piece; proven.
  virtual void report_bad(SupplierId supplier, PieceIndex piece) = 0;
};

} // namespace triad
