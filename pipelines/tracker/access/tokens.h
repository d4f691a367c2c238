// SPDX-License-Identifier: LGPL-2.1-or-later
// Tokens for announce URLs: signed, expiring, checked without a data base. docs/tracker.md.
//
// A token is base64url (RFC 4648 section 5, no padding) of
//   version (1) | expiry (8 bytes, seconds since 1970, big endian) | info hash (20 bytes, or none)
//   | the first 16 bytes of HMAC-SHA256 (RFC 2104) over all of that.
#pragma once

#include "peers/signal/ids.h"
#include "release/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace triad::tracker {

using UnixTime = std::int64_t; // seconds since 1970

struct Token {
  UnixTime expires = 0;                      // good before it
  std::optional<signal::InfoHash> info_hash; // empty: good for every release
};

enum class TokenFault { malformed, forged, expired };

// The longest token there is, in characters.
inline constexpr std::size_t max_token_size = 60;

class TokenSecrets {
public:
  // A secret on each line, 16 bytes at least; blank lines and those that begin with # don't count.
  // The first signs, all are accepted: so secrets are changed one after another. Errors: settings.
  [[nodiscard]] static Result<TokenSecrets> parse(std::string_view file);

  [[nodiscard]] std::string mint(const Token& token) const;
  [[nodiscard]] std::variant<Token, TokenFault> check(std::string_view token, UnixTime now) const;

private:
  explicit TokenSecrets(std::vector<std::string> secrets) : secrets_(std::move(secrets)) {}
  std::vector<std::string> secrets_; // never empty
};

// The token of an announce URL's target ("/TOKEN", "/TOKEN/announce", "/announce?token=TOKEN");
// empty if it carries none.
[[nodiscard]] std::string_view token_of_target(std::string_view target);

} // namespace triad::tracker
