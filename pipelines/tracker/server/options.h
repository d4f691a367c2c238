// SPDX-License-Identifier: LGPL-2.1-or-later
// Every option of triad-tracker: on the command line --NAME, in the environment TRIAD_TRACKER_NAME,
// in the file NAME=.
#pragma once

#include "release/result.h"
#include "tracker/server/settings.h"

#include <span>
#include <string>
#include <vector>

namespace triad::tracker {

struct Option {
  const char* name;
  const char* value; // what its value is, for --help
  const char* help;
  // Errors: settings, saying what is allowed; then `settings` is as before.
  Status (*set)(Settings& settings, const std::string& value);
};

[[nodiscard]] std::span<const Option> options();

// The dial for one release, as the file's group [peer-share] has it: 40 hex digits and percent.
// Errors: settings.
[[nodiscard]] Status set_peer_share(Settings& settings, const std::string& info_hash,
                                    const std::string& percent);

// What no option can say of itself. Errors: settings.
[[nodiscard]] Status check_together(const Settings& settings);

// Options that were loaded again, differ, and change only when the tracker is started anew.
[[nodiscard]] std::vector<std::string> waiting_for_restart(const Settings& started,
                                                           const Settings& loaded);

} // namespace triad::tracker
