// SPDX-License-Identifier: LGPL-2.1-or-later
#include "release/http_url.h"

#include <algorithm>
#include <charconv>

namespace triad {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_host_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_';
}

bool is_ipv6_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
}

bool is_port(std::string_view digits) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc{} && end == digits.data() + digits.size() && port >= 1 && port <= 65535;
}

} // namespace

std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool is_url_text(std::string_view text) {
  static constexpr std::string_view never = "\"#<>\\^`{|}";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7f && never.find(c) == std::string_view::npos;
  });
}

std::string_view why_bad_authority(std::string_view authority) {
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (authority.substr(0, at).find('@') != std::string_view::npos)
      return "its user info holds an '@' (write it as %40)";
    authority.remove_prefix(at + 1);
  }
  std::string_view host = authority;
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = std::min(authority.find(']'), authority.size());
    host = authority.substr(1, close - 1);
    port = authority.substr(std::min(close + 1, authority.size()));
    if (close == authority.size() || host.find(':') == std::string_view::npos ||
        !std::all_of(host.begin(), host.end(), is_ipv6_character))
      return "its host is no IPv6 address";
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    host = authority.substr(0, colon);
    port = authority.substr(colon);
    if (host.empty())
      return "it names no host";
    if (!std::all_of(host.begin(), host.end(), is_host_character))
      return "its host holds a character that no host name has";
  }
  if (!port.empty() && (port.front() != ':' || !is_port(port.substr(1))))
    return "its port is no number from 1 to 65535";
  return {};
}

bool is_http_url(std::string_view url) {
  if (!is_url_text(url))
    return false;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (ascii_lower(url.substr(0, scheme.size())) != scheme)
      continue;
    const std::string_view rest = url.substr(scheme.size());
    return why_bad_authority(rest.substr(0, rest.find_first_of("/?"))).empty();
  }
  return false;
}

} // namespace triad
