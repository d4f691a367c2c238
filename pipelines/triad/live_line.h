// SPDX-License-Identifier: LGPL-2.1-or-later
// One line on stderr, written over and over: what sounds, how far, and where it came from.
#pragma once

#include "player.h"

#include <string>

namespace triad::tool {

[[nodiscard]] std::string live_text(const PlayerState& state);

// On a terminal only; elsewhere it stays silent.
class LiveLine {
public:
  explicit LiveLine(bool wanted);
  ~LiveLine(); // wipes the line
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  void show(const PlayerState& state);
  void wipe(); // before something else is written there

private:
  bool wanted_;
};

} // namespace triad::tool
