// SPDX-License-Identifier: LGPL-2.1-or-later
// What the tracker answers to HTTP requests that do not become WebSockets.
#pragma once

#include "peers/signal/ids.h"
#include "tracker/server/http_messages.h"
#include "tracker/server/stats.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace triad::tracker {

// What the pages show and turn.
class Operated {
public:
  // `operator_asks`: else it is a stranger, who is told of no release where tokens are needed.
  [[nodiscard]] virtual Stats stats(bool operator_asks) = 0;
  // The operator's dial, in percent, of all releases or of one (nullopt: as all again). Returns how
  // many connections were told.
  virtual std::uint64_t turn_dial(const std::optional<signal::InfoHash>& release,
                                  std::optional<unsigned> percent) = 0;

protected:
  ~Operated() = default;
};

// `admin_token`: see Configuration.
[[nodiscard]] HttpResponse answer_page(const HttpRequest& request, std::string_view admin_token,
                                       Operated& operated);

} // namespace triad::tracker
