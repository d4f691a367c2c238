// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/company/tracker_url.h"

#include "release/http_url.h"

#include <charconv>

namespace triad::trackers {
namespace {

constexpr std::size_t longest_url = 2048;

std::string in_brackets(const std::string& host) {
  return host.find(':') == host.npos ? host : '[' + host + ']';
}

struct HostAndPort {
  std::string host; // lower case, without brackets
  std::uint16_t port;
};

// `authority` is one (why_bad_authority()), without user info.
HostAndPort split(std::string_view authority, std::uint16_t usual_port) {
  std::size_t end = authority.find(':');
  std::string_view host = authority.substr(0, end);
  if (authority.starts_with('[')) {
    end = authority.find(']') + 1;
    host = authority.substr(1, end - 2);
    end = end == authority.size() ? authority.npos : end;
  }
  std::uint16_t port = usual_port;
  if (end != authority.npos)
    std::from_chars(authority.data() + end + 1, authority.data() + authority.size(), port);
  return {ascii_lower(host), port};
}

} // namespace

std::string TrackerUrl::authority() const {
  const bool usual = port == (tls ? 443 : 80);
  return in_brackets(host) + (usual ? "" : ':' + std::to_string(port));
}

std::string TrackerUrl::origin() const {
  return (tls ? "wss://" : "ws://") + authority();
}

std::optional<TrackerUrl> parse_tracker_url(std::string_view url) {
  if (url.size() > longest_url || !is_url_text(url))
    return {};
  const std::size_t colon = url.find("://");
  if (colon == url.npos)
    return {};
  const std::string scheme = ascii_lower(url.substr(0, colon));
  if (scheme != "ws" && scheme != "wss")
    return {};
  url.remove_prefix(colon + 3);
  const std::size_t end = std::min(url.find_first_of("/?"), url.size());
  const std::string_view authority = url.substr(0, end);
  if (authority.find('@') != authority.npos || !why_bad_authority(authority).empty())
    return {};
  TrackerUrl parsed;
  parsed.tls = scheme == "wss";
  auto [host, port] = split(authority, parsed.tls ? 443 : 80);
  parsed.host = std::move(host);
  parsed.port = port;
  parsed.target = url.substr(end);
  if (!parsed.target.starts_with('/'))
    parsed.target.insert(0, "/");
  return parsed;
}

std::vector<std::string> resolve_stun(const std::vector<std::string>& urls,
                                      const TrackerUrl& tracker) {
  constexpr std::string_view scheme = "stun:";
  std::vector<std::string> resolved;
  for (const std::string& url : urls) {
    if (!url.starts_with(scheme))
      continue;
    std::string authority = url.substr(scheme.size());
    if (authority.starts_with(':'))
      authority.insert(0, in_brackets(tracker.host));
    if (authority.find('@') != authority.npos || !why_bad_authority(authority).empty())
      continue;
    const auto [host, port] = split(authority, 3478);
    resolved.push_back(std::string(scheme) + in_brackets(host) + ':' + std::to_string(port));
  }
  return resolved;
}

} // namespace triad::trackers
