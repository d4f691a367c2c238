// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/store/redis_url.h"

#include "release/percent.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace triad::tracker::redis {
namespace {

constexpr std::size_t max_hosts = 100;
constexpr unsigned max_database = 9999;

Error refuse(const std::string& why) {
  return {ErrorCode::settings,
          "the store's URL " + why + "; it is redis://[user:password@]host:port[,host:port...]",
          {}};
}

std::optional<unsigned> parse_number(std::string_view text, unsigned most) {
  unsigned number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number > most) {
    return std::nullopt;
  }
  return number;
}

// What a host name or an IP address may hold; an IPv6 address (in brackets) has colons, too.
bool is_host(std::string_view text, bool in_brackets) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  if (text.empty() || text.size() > 253) {
    return false;
  }
  for (const char each : text) {
    if (letters.find(each) == std::string_view::npos && !(in_brackets && each == ':')) {
      return false;
    }
  }
  return true;
}

std::optional<Address> parse_address(std::string_view text) {
  Address address;
  std::string_view rest;
  const bool in_brackets = text.starts_with('[');
  if (in_brackets) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    address.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    address.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (!rest.empty()) {
    address.port = rest.front() == ':' ? parse_port(rest.substr(1)) : 0;
  }
  if (!is_host(address.host, in_brackets) || address.port == 0) {
    return std::nullopt;
  }
  return address;
}

// Takes "[user]:password" apart.
bool parse_login(std::string_view text, Url& url) {
  const std::size_t colon = text.find(':');
  const auto user = percent_decode(text.substr(0, colon));
  const auto password =
      percent_decode(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1));
  if (!user || !password || password->empty()) {
    return false;
  }
  url.user = *user;
  url.password = *password;
  return true;
}

} // namespace

std::string to_string(const Address& address) {
  const bool brackets = address.host.find(':') != std::string::npos;
  return (brackets ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::uint16_t parse_port(std::string_view text) {
  return static_cast<std::uint16_t>(parse_number(text, 65535).value_or(0));
}

Result<Url> parse_url(std::string_view text) {
  constexpr std::string_view scheme = "redis://";
  if (text.starts_with("rediss://")) {
    return refuse("asks for TLS, which is not spoken to Redis: put a tunnel between");
  }
  if (!text.starts_with(scheme)) {
    return refuse("does not begin with redis://");
  }
  text.remove_prefix(scheme.size());
  Url url;
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    if (!parse_login(text.substr(0, at), url)) {
      return refuse("has no password before its '@'");
    }
    text.remove_prefix(at + 1);
  }
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view number = text.substr(slash + 1);
    const auto database = number.empty() ? 0 : parse_number(number, max_database);
    if (!database) {
      return refuse("ends in no database number");
    }
    url.database = *database;
    text = text.substr(0, slash);
  }
  for (bool more = true; more;) {
    const std::size_t comma = text.find(',');
    const auto address = parse_address(text.substr(0, comma));
    if (!address || url.hosts.size() == max_hosts) {
      return refuse(address ? "names too many hosts"
                            : "names no host at '" + std::string(text.substr(0, comma)) + "'");
    }
    url.hosts.push_back(*address);
    more = comma != std::string_view::npos;
    text.remove_prefix(more ? comma + 1 : 0);
  }
  return url;
}

} // namespace triad::tracker::redis
