// SPDX-License-Identifier: LGPL-2.1-or-later
// Where a server holds the files of a release (BEP 19). Pure; any thread.
#pragma once

#include "release/release.h"

#include <string>
#include <string_view>

namespace triad {

// The URL of `file` on the web seed `base`: for a single-file release `base` itself, or base + name
// where it ends in '/'; else base/NAME/path. Names are percent-encoded; a query of `base` stays at
// the end (it may be a token).
[[nodiscard]] std::string web_seed_url(std::string_view base, const Release& release,
                                       FileIndex file);

// The web seed of a release that lists none: the folder that its metainfo lies in, with the query
// of the metainfo's URL. Ends in '/' but for the query.
[[nodiscard]] std::string web_seed_beside(std::string_view metainfo_url);

} // namespace triad
