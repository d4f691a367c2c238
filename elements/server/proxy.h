// SPDX-License-Identifier: LGPL-2.1-or-later
// Which proxy the environment names for a URL, in curl's manner. Pure: the environment comes in.
#pragma once

#include "server/url.h"

#include <functional>
#include <string>

namespace triad {

using Environment = std::function<std::string(const char* name)>; // "" for what is not set

// Empty: none. http_proxy (lower case alone: in CGI programs the upper-case one is the client's
// word), https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY; no_proxy and NO_PROXY list host names (and
// what lies below them), addresses, address blocks, or *. Loopback is always exempt.
[[nodiscard]] std::string system_proxy(const UrlOrigin& origin, const Environment& environment);

} // namespace triad
