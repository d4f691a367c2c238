// SPDX-License-Identifier: LGPL-2.1-or-later
// Which URLs of servers are taken from URIs and metainfo files.
#pragma once

#include <string>
#include <string_view>

namespace triad {

// ASCII letters become small, whatever the locale.
[[nodiscard]] std::string ascii_lower(std::string_view text);

// Not empty and only the characters that a URL may hold (RFC 3986), '#' left out: nothing of ours
// has a fragment.
[[nodiscard]] bool is_url_text(std::string_view text);

// Why `authority` ([user@]host[:port]) is none; empty if it is one. Hosts are names or addresses,
// IPv6 in brackets, ports 1 to 65535.
[[nodiscard]] std::string_view why_bad_authority(std::string_view authority);

// An absolute http:// or https:// URL without a fragment.
[[nodiscard]] bool is_http_url(std::string_view url);

} // namespace triad
