// SPDX-License-Identifier: LGPL-2.1-or-later
// Where Redis is, and who we are there, as an operator writes it.
#pragma once

#include "release/result.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace triad::tracker::redis {

struct Address {
  std::string host; // name or IP address; an IPv6 address without brackets
  std::uint16_t port = 6379;
  friend auto operator<=>(const Address&, const Address&) = default;
};

[[nodiscard]] std::string to_string(const Address& address); // "host:port", "[::1]:port"

struct Url {
  std::vector<Address> hosts; // at least one; of a Cluster any of its nodes
  std::string user;           // empty: Redis's default user
  std::string password;       // empty: none
  unsigned database = 0;
};

// redis://[[user]:password@]host[:port][,host[:port]...][/database]; user and password may be
// percent-encoded. Errors: settings; the message never holds the password.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

// "port" of 1..65535; 0: it is none.
[[nodiscard]] std::uint16_t parse_port(std::string_view text);

} // namespace triad::tracker::redis
