// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/candidate.h"

#include "peers/link/sdp_text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

namespace triad {

namespace {

constexpr std::size_t longest_line = 1024;
constexpr std::size_t longest_foundation = 32;
constexpr std::size_t longest_name = 253; // RFC 1035, section 2.3.4
constexpr std::string_view prefix = "candidate:";

constexpr std::array<std::pair<std::string_view, CandidateType>, 4> types{{
    {"host", CandidateType::host},
    {"srflx", CandidateType::server_reflexive},
    {"prflx", CandidateType::peer_reflexive},
    {"relay", CandidateType::relayed},
}};

Error bad(const char* what) {
  return {ErrorCode::bad_message, std::string("a candidate ") + what, {}};
}

enum class Address { usable, unusable, malformed };

Address classify_ipv4(const in_addr& ip) {
  const std::uint32_t address = ntohl(ip.s_addr);
  // "This network", multicast, reserved and broadcast: no host to send checks to.
  return address >> 24 == 0 || address >> 28 >= 14 ? Address::unusable : Address::usable;
}

Address classify_ipv6(const in6_addr& ip) {
  const bool unusable = IN6_IS_ADDR_UNSPECIFIED(&ip) || IN6_IS_ADDR_MULTICAST(&ip) ||
                        IN6_IS_ADDR_V4MAPPED(&ip) || IN6_IS_ADDR_V4COMPAT(&ip);
  return unusable ? Address::unusable : Address::usable;
}

bool ends_in_local(std::string_view name) {
  constexpr std::string_view end = ".local";
  return name.size() > end.size() &&
         sdp::equal_ignoring_case(name.substr(name.size() - end.size()), end);
}

// Labels of letters, digits and hyphens, or an underscore, between dots.
bool host_name(std::string_view text) {
  if (text.empty() || text.size() > longest_name)
    return false;
  std::size_t label = 0;
  for (const char c : text) {
    if (c != '.' && c != '-' && c != '_' && !sdp::alphanumeric(c))
      return false;
    if (c == '.' && label == 0)
      return false;
    label = c == '.' ? 0 : label + 1;
    if (label > 63)
      return false;
  }
  return label > 0;
}

Address classify(const std::string& text) {
  in_addr ipv4{};
  in6_addr ipv6{};
  if (inet_pton(AF_INET, text.c_str(), &ipv4) == 1)
    return classify_ipv4(ipv4);
  const std::string::size_type zone = text.find('%');
  if (inet_pton(AF_INET6, text.substr(0, zone).c_str(), &ipv6) == 1)
    return zone == std::string::npos ? classify_ipv6(ipv6) : Address::unusable;
  if (host_name(text))
    return ends_in_local(text) ? Address::usable : Address::unusable;
  return Address::malformed;
}

bool is_ip(const std::string& text) {
  in6_addr ip{};
  return inet_pton(AF_INET, text.c_str(), &ip) == 1 || inet_pton(AF_INET6, text.c_str(), &ip) == 1;
}

// "raddr ADDRESS rport PORT" and extensions, each a name and a value; some names have no value at
// the end of a line. A related address only informs: what is no address is left out.
Status parse_attributes(std::string_view rest, IceCandidate& candidate) {
  while (!rest.empty()) {
    const std::string_view name = sdp::take_word(rest);
    const std::string_view value = sdp::take_word(rest);
    if (name == "raddr" && is_ip(std::string(value)))
      candidate.related_address = value;
    if (name == "rport") {
      const auto port = sdp::decimal<std::uint16_t>(value);
      if (!port)
        return bad("has a malformed related port");
      candidate.related_port = *port;
    }
  }
  if (candidate.related_address.empty())
    candidate.related_port = 0;
  return ok();
}

} // namespace

bool IceCandidate::mdns() const {
  return ends_in_local(address);
}

Result<std::optional<IceCandidate>> parse_candidate(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' '))
    line.remove_suffix(1);
  if (line.size() > longest_line)
    return bad("is too long");
  // A NUL would end the text early for the C functions that read addresses.
  if (line.find('\0') != std::string_view::npos)
    return bad("has a zero byte");
  if (line.starts_with("a="))
    line.remove_prefix(2);
  if (!line.starts_with(prefix))
    return bad("does not begin with \"candidate:\"");
  line.remove_prefix(prefix.size());

  IceCandidate candidate;
  candidate.foundation = sdp::take_word(line);
  if (candidate.foundation.empty() || candidate.foundation.size() > longest_foundation ||
      !sdp::all_ice_chars(candidate.foundation))
    return bad("has a malformed foundation");
  const auto component = sdp::decimal<std::uint16_t>(sdp::take_word(line));
  const std::string_view transport = sdp::take_word(line);
  const auto priority = sdp::decimal<std::uint32_t>(sdp::take_word(line));
  candidate.address = sdp::take_word(line);
  const auto port = sdp::decimal<std::uint16_t>(sdp::take_word(line));
  if (!component || transport.empty() || !priority || !port)
    return bad("has a malformed component, transport, priority or port");
  const Address address = classify(candidate.address);
  if (address == Address::malformed)
    return bad("has a malformed address");
  if (sdp::take_word(line) != "typ")
    return bad("has no type");
  const std::string_view type_name = sdp::take_word(line);
  if (type_name.empty())
    return bad("has no type");
  candidate.priority = *priority;
  candidate.port = *port;
  if (auto attributes = parse_attributes(line, candidate); !attributes)
    return attributes.error();

  const auto* const type =
      std::find_if(types.begin(), types.end(), [&](const auto& t) { return t.first == type_name; });
  if (*component != 1 || !sdp::equal_ignoring_case(transport, "udp") || *port == 0 ||
      address == Address::unusable || type == types.end())
    return std::optional<IceCandidate>();
  candidate.type = type->second;
  return std::optional(std::move(candidate));
}

std::string write_candidate(const IceCandidate& candidate) {
  const auto* const type = std::find_if(types.begin(), types.end(),
                                        [&](const auto& t) { return t.second == candidate.type; });
  std::string line(prefix);
  line += candidate.foundation + " 1 udp " + std::to_string(candidate.priority) + ' ' +
          candidate.address + ' ' + std::to_string(candidate.port) + " typ ";
  line += type->first;
  if (!candidate.related_address.empty())
    line +=
        " raddr " + candidate.related_address + " rport " + std::to_string(candidate.related_port);
  return line;
}

} // namespace triad
