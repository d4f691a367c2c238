// SPDX-License-Identifier: LGPL-2.1-or-later
// How a connection becomes a WebSocket: the client's side of RFC 6455, section 4. Pure.
#pragma once

#include "release/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace triad::trackers {

// What a response's header may take, its empty line included.
inline constexpr std::size_t max_upgrade_bytes = 16 * 1024;

// `key`: 16 random bytes in base64 (RFC 6455, section 4.1). No extension is offered.
[[nodiscard]] std::string upgrade_request(std::string_view authority, std::string_view target,
                                          std::string_view user_agent, std::string_view key);

// What the server must answer to `key` (Sec-WebSocket-Accept).
[[nodiscard]] std::string upgrade_accept(std::string_view key);

// Reads the response to a request with `key`. `bytes`: all that has come so far; the size of the
// header, behind which frames begin, or nothing while it is not whole. An error (bad_message) for
// anything but a switch to a WebSocket without extension or subprotocol; redirects aren't followed.
[[nodiscard]] Result<std::optional<std::size_t>> read_upgrade(std::string_view bytes,
                                                              std::string_view key);

} // namespace triad::trackers
