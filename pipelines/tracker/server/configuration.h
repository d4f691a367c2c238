// SPDX-License-Identifier: LGPL-2.1-or-later
// Settings whose files have been read: what a running server takes over.
#pragma once

#include "release/result.h"
#include "tracker/access/access.h"
#include "tracker/server/settings.h"
#include "tracker/server/tls.h"

#include <memory>
#include <string>

namespace triad::tracker {

struct Configuration {
  Settings settings;
  AccessRules rules;
  std::unique_ptr<TlsContext> tls; // null: without
  std::string admin_token;         // empty: the dial is not turned by HTTP
};

// Errors: settings, io; the message names the file.
[[nodiscard]] Result<Configuration> read_configuration(const Settings& settings);

} // namespace triad::tracker
