// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/options.h"

#include "command_line/listen_address.h"
#include "tracker/access/allow_list.h"

#include <arpa/inet.h>
#include <glib.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace triad::tracker {
namespace {

Error wrong(std::string message) {
  return {ErrorCode::settings, std::move(message), {}};
}

template <typename Number>
Status number(const std::string& text, std::uint64_t least, std::uint64_t most, Number& target) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, value);
  if (text.empty() || problem != std::errc() || rest != end || value < least || value > most) {
    return wrong('"' + text + "\" is no number from " + std::to_string(least) + " to " +
                 std::to_string(most));
  }
  target = static_cast<Number>(value);
  return ok();
}

Status seconds(const std::string& text, std::uint64_t least, std::uint64_t most,
               std::chrono::seconds& target) {
  std::uint32_t value = 0;
  Status status = number(text, least, most, value);
  if (status) {
    target = std::chrono::seconds(value);
  }
  return status;
}

Status listen(Settings& settings, const std::string& text) {
  if (!tool::parse_listen_address(text)) {
    return wrong('"' + text + "\" is no numeric address and port, such as 0.0.0.0:8000 or [::]:80");
  }
  settings.listen = text;
  return ok();
}

Status store(Settings& settings, const std::string& text) {
  if (text.starts_with("rediss://")) {
    return wrong("TLS to Redis is not spoken; give redis://, and a tunnel where it is needed");
  }
  if (!text.empty() && !text.starts_with("redis://")) {
    return wrong("it is no redis://HOST:PORT[,HOST:PORT...]"); // its value may hold a password
  }
  settings.store = text;
  return ok();
}

// It stands in STUN URLs (RFC 7064), and the port there is the tracker's.
Status public_host(Settings& settings, const std::string& text) {
  const bool bracketed = text.size() > 1 && text.front() == '[' && text.back() == ']';
  const std::string address = bracketed ? text.substr(1, text.size() - 2) : text;
  in6_addr ignored;
  const bool ipv6 = inet_pton(AF_INET6, address.c_str(), &ignored) == 1;
  const bool name = std::all_of(text.begin(), text.end(), [](char c) {
    return g_ascii_isalnum(c) || c == '.' || c == '-' || c == '_';
  });
  if (!ipv6 && !name) {
    return wrong('"' + text + "\" is no name or address; it has no port either");
  }
  settings.public_host = text;
  return ok();
}

template <auto Member>
Status text(Settings& settings, const std::string& value) {
  settings.*Member = value;
  return ok();
}

template <auto Member, std::uint64_t least, std::uint64_t most>
Status limit(Settings& settings, const std::string& value) {
  return number(value, least, most, settings.limits.*Member);
}

template <auto Member, std::uint64_t least, std::uint64_t most>
Status of_swarms(Settings& settings, const std::string& value) {
  return number(value, least, most, settings.swarms.*Member);
}

template <auto Member, std::uint64_t least, std::uint64_t most>
Status of_requests(Settings& settings, const std::string& value) {
  return number(value, least, most, settings.swarms.request.*Member);
}

template <auto Member, std::uint64_t least, std::uint64_t most>
Status time_of_swarms(Settings& settings, const std::string& value) {
  return seconds(value, least, most, settings.swarms.*Member);
}

constexpr std::uint64_t million = 1'000'000;
constexpr std::uint64_t mib = 1024 * 1024;

constexpr Option table[] = {
    {"listen", "ADDR:PORT",
     "Where to serve WebSocket, HTTP and STUN; port 0: the system's choice (0.0.0.0:8000)", listen},
    {"tls-cert", "FILE", "PEM file with the certificate and its chain; serve wss:// and https://",
     text<&Settings::tls_certificate>},
    {"tls-key", "FILE", "PEM file with the certificate's key", text<&Settings::tls_key>},
    {"store", "URL", "Share swarms with other trackers: redis://[USER:PASSWORD@]HOST:PORT[,...]",
     store},
    {"peer-share", "PERCENT", "The dial: for how many of the listeners peers are used (100)",
     of_swarms<&SwarmsSettings::peer_share, 0, 100>},
    {"admin-token", "FILE", "Let who shows what is in this file turn the dial over HTTP",
     text<&Settings::admin_token>},
    {"allow-list", "FILE", "Serve only these releases: an info hash in hex on each line",
     text<&Settings::allow_list>},
    {"token-secret", "FILE", "Serve only URLs with a token signed by a secret in this file",
     text<&Settings::token_secret>},
    {"public-host", "HOST", "Name or address at which listeners reach STUN, if not the one asked",
     public_host},
    {"trusted-proxies", "N", "How many proxies in front of this tracker add X-Forwarded-For (0)",
     [](Settings& settings, const std::string& value) {
       return number(value, 0, 10, settings.trusted_proxies);
     }},
    {"interval", "SECONDS", "Between two announces of a peer (120)",
     time_of_swarms<&SwarmsSettings::interval, 5, 3600>},
    {"peer-lifetime", "SECONDS", "How long a peer is kept that does not announce (300)",
     time_of_swarms<&SwarmsSettings::peer_lifetime, 10, 86400>},
    {"max-connections", "N", "Connections in all (100000)",
     limit<&Limits::connections, 1, 10 * million>},
    {"max-connections-per-address", "N", "Of one IPv4 address or IPv6 /64 (200)",
     limit<&Limits::connections_per_address, 1, million>},
    {"max-messages-per-second", "N", "Of one address, averaged over ten seconds (100)",
     limit<&Limits::messages_per_second, 1, million>},
    {"max-swarms-per-address", "N", "Of one address (20000)",
     limit<&Limits::swarms_per_address, 1, million>},
    {"max-swarms-per-connection", "N", "Of one connection (1000)",
     of_swarms<&SwarmsSettings::swarms_per_connection, 1, million>},
    {"max-swarms", "N", "Swarms in all (1000000)",
     of_swarms<&SwarmsSettings::swarms, 1, 100 * million>},
    {"max-message", "BYTES", "A longer one ends the connection (131072)",
     limit<&Limits::message_bytes, 1024, 16 * mib>},
    {"max-offers", "N", "Of one announce; further ones are dropped (10)",
     of_requests<&signal::RequestLimits::offers, 0, 100>},
    {"max-sdp", "BYTES", "Of one offer or answer (16384)",
     of_requests<&signal::RequestLimits::sdp, 512, mib>},
    {"max-scrape", "N", "Releases of one scrape; further ones are dropped (100)",
     of_requests<&signal::RequestLimits::info_hashes, 1, 10'000>},
    {"max-queue", "BYTES", "What may wait for a slow reader; more ends the connection (1048576)",
     limit<&Limits::queued_bytes, 16 * 1024, 1024 * mib>},
    {"max-waiting", "BYTES",
     "What may wait, to be read or whole, in all connections; then each gets a share (268435456)",
     limit<&Limits::waiting_bytes, 1024 * 1024, 0xffffffff>},
    {"idle", "SECONDS", "A connection that shows no sign of life for so long ends (300)",
     limit<&Limits::idle_seconds, 10, 86400>},
};

} // namespace

std::span<const Option> options() {
  return table;
}

Status set_peer_share(Settings& settings, const std::string& info_hash,
                      const std::string& percent) {
  const auto hash = parse_info_hash(info_hash);
  if (!hash) {
    return wrong('"' + info_hash + "\" is no info hash of 40 hex digits");
  }
  unsigned share = 0;
  Status status = number(percent, 0, 100, share);
  if (status) {
    settings.swarms.peer_shares[*hash] = share;
  }
  return status;
}

Status check_together(const Settings& settings) {
  if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
    return wrong("tls-cert and tls-key are needed both, or none");
  }
  if (settings.swarms.peer_lifetime <= settings.swarms.interval) {
    return wrong("peer-lifetime (" + std::to_string(settings.swarms.peer_lifetime.count()) +
                 ") must be longer than interval (" +
                 std::to_string(settings.swarms.interval.count()) + ")");
  }
  return ok();
}

std::vector<std::string> waiting_for_restart(const Settings& started, const Settings& loaded) {
  std::vector<std::string> names;
  if (loaded.listen != started.listen) {
    names.emplace_back("listen");
  }
  if (loaded.store != started.store) {
    names.emplace_back("store");
  }
  if (loaded.tls_certificate.empty() != started.tls_certificate.empty()) {
    names.emplace_back("tls-cert and tls-key");
  }
  return names;
}

} // namespace triad::tracker
