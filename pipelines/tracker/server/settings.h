// SPDX-License-Identifier: LGPL-2.1-or-later
// All that an operator may set: command line before environment (TRIAD_TRACKER_*) before file.
#pragma once

#include "release/result.h"
#include "tracker/swarms/swarms.h"

#include <cstdint>
#include <string>

namespace triad::tracker {

struct Limits {
  std::uint32_t connections = 100'000;
  std::uint32_t connections_per_address = 200; // an IPv6 /64 counts as one address
  std::uint32_t messages_per_second = 100;     // of one address, averaged over ten seconds
  std::uint32_t swarms_per_address = 20'000;   // of all its connections
  std::uint32_t message_bytes = 128 * 1024;
  std::uint32_t queued_bytes = 1024 * 1024;        // to one connection; more ends it
  std::uint32_t waiting_bytes = 256 * 1024 * 1024; // of all connections; then shares count
  std::uint32_t idle_seconds = 300;                // without a frame; half-open connections end so
};

struct Settings {
  std::string listen = "0.0.0.0:8000"; // ADDR:PORT; port 0: the system's choice
  std::string tls_certificate;         // PEM file with the chain; empty: no TLS
  std::string tls_key;                 // PEM file
  std::string store;        // redis://[user:password@]host:port[,host:port...]; empty: in memory
  std::string allow_list;   // file, one info hash in hex per line; empty: all releases
  std::string token_secret; // file; empty: no token is asked for
  std::string admin_token;  // file; what turns the dial by HTTP must show; empty: not by HTTP
  std::string public_host;  // name or address that STUN is reached by; empty: the one asked
  std::uint32_t trusted_proxies = 0; // how many proxies in front add X-Forwarded-For
  Limits limits;
  SwarmsSettings swarms;
};

} // namespace triad::tracker
