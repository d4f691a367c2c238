// SPDX-License-Identifier: LGPL-2.1-or-later
// The process's HTTP client, and whether there is a network at all.
#pragma once

#include "node/engine.h"
#include "server/http_client.h"

#include <memory>
#include <string>

namespace triad {

// One client for all that runs on `engine`; connections are kept until the engine's thread stops.
// Engine thread only, the last reference too.
[[nodiscard]] std::shared_ptr<HttpClient> network_client(Engine& engine);

// False if this machine has no interface that leads to the URL's host: only loopback is up, and the
// host is another one. Looks at the interfaces alone; any thread, does not block.
[[nodiscard]] bool may_be_reachable(const std::string& url);

// The URL's host without port and user info; for judging and for messages.
[[nodiscard]] std::string url_host(const std::string& url);

} // namespace triad
