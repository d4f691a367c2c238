// SPDX-License-Identifier: LGPL-2.1-or-later
// http(s) URLs: whose they are, where a redirect leads, what may be told to whom. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace triad {

// RFC 6454: requests with the same three go to the same server.
struct UrlOrigin {
  std::string scheme, host; // lower case; IPv6 in brackets
  std::uint16_t port = 0;

  bool operator==(const UrlOrigin&) const = default;
  [[nodiscard]] std::string text() const; // scheme://host:port
};

// Empty for what is not an absolute http or https URL.
[[nodiscard]] std::optional<UrlOrigin> url_origin(const std::string& url);

// Where `location` leads from `base` (RFC 3986, section 5), as an absolute http(s) URL without
// fragment. User info stays with `base`'s own origin. Empty for other schemes and for nonsense.
[[nodiscard]] std::optional<std::string> resolve_url(const std::string& base,
                                                     const std::string& location);

// `url`, with the user info and the query of `credentials` where both have the same origin and
// `url` has none of its own. Anything else is answered as it is.
[[nodiscard]] std::string with_credentials(const std::string& url, const std::string& credentials);

// Does it name somebody or carry a query? False for what is not an absolute http or https URL.
[[nodiscard]] bool has_credentials(const std::string& url);

// For messages: without user info and query.
[[nodiscard]] std::string without_credentials(const std::string& url);

} // namespace triad
