// SPDX-License-Identifier: LGPL-2.1-or-later
// Who may come in, and to which releases: tokens, allow list and limits together.
#pragma once

#include "release/result.h"
#include "tracker/access/address.h"
#include "tracker/access/address_limits.h"
#include "tracker/access/allow_list.h"
#include "tracker/access/refusal.h"
#include "tracker/access/tokens.h"
#include "tracker/swarms/swarms.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace triad::tracker {

struct AccessRules {
  std::uint32_t connections = 100'000; // in all
  AddressLimitsSettings address;
  std::optional<AllowList> allow_list; // empty: every release
  std::optional<TokenSecrets> secrets; // empty: nobody needs a token
};

class Access;

// One connection's, for as long as it lasts.
class ConnectionPermit final : public Permit {
public:
  ~ConnectionPermit() override; // gives back what the address had taken
  ConnectionPermit(const ConnectionPermit&) = delete;
  ConnectionPermit& operator=(const ConnectionPermit&) = delete;

  // The token of its URL, "" for none. Empty: the connection may go on; else the answer is 403.
  // Call it for what may announce only: pages and health need no token.
  [[nodiscard]] std::optional<Refusal> show_token(std::string_view token);

  // Whether its address may send one more message (WebSocket frame or HTTP request) now. If not,
  // that was counted; end the connection.
  [[nodiscard]] bool message(Time now);

  const char* refusal(const signal::InfoHash& swarm, std::uint32_t swarms) override;

private:
  friend class Access;
  ConnectionPermit(Access& access, const Address& address, AddressLimits::Usage& usage);
  [[nodiscard]] std::optional<Refusal> token_refusal(const signal::InfoHash* swarm);
  [[nodiscard]] std::optional<Refusal> refusal_of(const signal::InfoHash& swarm,
                                                  std::uint32_t swarms);

  struct Shown; // the token, where there is one

  Access& access_;
  AddressLimits::Usage& usage_;
  Address address_;
  std::uint32_t swarms_ = 0; // its part of usage_.swarms
  std::unique_ptr<Shown> shown_;
};

// One thread; outlives its permits.
class Access {
public:
  // `seed` keeps strangers from choosing addresses that collide.
  Access(AccessRules rules, std::uint64_t seed);
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;

  // New rules, for connections that are there too: their tokens are checked again.
  void apply(AccessRules rules);

  // A connection came. Null if it may not stay: *refused then says why, and it was counted.
  [[nodiscard]] std::unique_ptr<ConnectionPermit> open(const Address& address, Refusal* refused);
  // Keeps the time of day, and forgets addresses that are gone. Call it once before anything else,
  // then about once a second.
  void tick(Time now, UnixTime today);

  // Refusals are counted here; the server adds those that it finds itself.
  [[nodiscard]] RefusalCounts& refusals() { return refusals_; }
  [[nodiscard]] std::uint32_t connections() const { return connections_; }

private:
  friend class ConnectionPermit;

  AccessRules rules_;
  std::uint32_t secrets_generation_ = 0;
  AddressLimits limits_;
  RefusalCounts refusals_;
  std::uint32_t connections_ = 0;
  Time now_{0};
  UnixTime today_ = 0;
};

} // namespace triad::tracker
