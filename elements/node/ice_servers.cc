// SPDX-License-Identifier: LGPL-2.1-or-later
// Cuts server URIs into their parts.
#include "node/ice_servers.h"

#include "release/percent.h"

#include <algorithm>
#include <charconv>

namespace triad {

namespace {

constexpr std::size_t longest_host = 253; // RFC 1035
constexpr std::size_t longest_credential = 512;

Error wrong(std::string_view text, const std::string& reason) {
  // Passwords are not for error messages.
  const auto at = text.rfind('@');
  const auto scheme = std::min(text.find(':'), text.size());
  const std::string shown =
      at == std::string_view::npos
          ? std::string(text)
          : std::string(text.substr(0, scheme)) + "://...@" + std::string(text.substr(at + 1));
  return {ErrorCode::settings, "\"" + shown + "\" " + reason + ".", {}};
}

bool host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

bool address_character(char c) { // IPv6, with a zone
  return host_character(c) || c == ':' || c == '%';
}

struct HostAndPort {
  std::string host;
  std::uint16_t port = 0;
};

std::optional<HostAndPort> parse_host(std::string_view text, std::uint16_t default_port) {
  HostAndPort parts{{}, default_port};
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos)
      return std::nullopt;
    parts.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (parts.host.find(':') == std::string::npos ||
        !std::all_of(parts.host.begin(), parts.host.end(), address_character))
      return std::nullopt;
  } else {
    const auto end = std::min(text.find(':'), text.size());
    parts.host = text.substr(0, end);
    text.remove_prefix(end);
    if (!std::all_of(parts.host.begin(), parts.host.end(), host_character))
      return std::nullopt;
  }
  if (parts.host.empty() || parts.host.size() > longest_host)
    return std::nullopt;
  if (text.empty())
    return parts;
  if (text.front() != ':')
    return std::nullopt;
  text.remove_prefix(1);
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), parts.port);
  if (problem != std::errc() || rest != text.data() + text.size() || parts.port == 0)
    return std::nullopt;
  return parts;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix))
    return false;
  text.remove_prefix(prefix.size());
  return true;
}

} // namespace

Result<StunServer> parse_stun_server(std::string_view text) {
  std::string_view rest = text;
  if (!take(rest, "stun://"))
    return wrong(text, "is no STUN server; give one as stun://HOST:PORT");
  const auto parts = parse_host(rest, StunServer().port);
  if (!parts)
    return wrong(text, "has no usable host and port; give a STUN server as stun://HOST:PORT");
  return StunServer{parts->host, parts->port};
}

Result<TurnServer> parse_turn_server(std::string_view text) {
  const std::string form = "give a TURN server as turn://USER:PASSWORD@HOST:PORT";
  std::string_view rest = text;
  TurnServer server;
  if (rest.starts_with("turns://"))
    return wrong(text, "asks for TLS to a relay, which is not spoken here; "
                       "turn://...?transport=tcp is");
  if (!take(rest, "turn://"))
    return wrong(text, "is no TURN server; " + form);
  if (const auto query = rest.find('?'); query != std::string_view::npos) {
    const std::string_view asked = rest.substr(query + 1);
    rest = rest.substr(0, query);
    if (asked == "transport=tcp")
      server.transport = TurnServer::Transport::tcp;
    else if (asked != "transport=udp")
      return wrong(text, "asks for an unknown transport; allowed are ?transport=udp and "
                         "?transport=tcp");
  }
  const auto at = rest.rfind('@');
  const auto colon = at == std::string_view::npos ? at : rest.substr(0, at).find(':');
  if (colon == std::string_view::npos)
    return wrong(text, "names no user and password; " + form);
  const auto user = percent_decode(rest.substr(0, colon));
  const auto password = percent_decode(rest.substr(colon + 1, at - colon - 1));
  if (!user || !password || user->empty() || user->size() > longest_credential ||
      password->size() > longest_credential)
    return wrong(text, "has an unusable user or password; " + form);
  const auto parts = parse_host(rest.substr(at + 1), server.port);
  if (!parts)
    return wrong(text, "has no usable host and port; " + form);
  server.host = parts->host;
  server.port = parts->port;
  server.user = *user;
  server.password = *password;
  return server;
}

} // namespace triad
