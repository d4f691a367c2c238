// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/access/access.h"

#include <utility>

namespace triad::tracker {

struct ConnectionPermit::Shown {
  std::string text;
  std::variant<Token, TokenFault> checked = TokenFault::malformed;
  std::uint32_t generation = 0; // of the secrets that checked it; 0: none yet
};

ConnectionPermit::ConnectionPermit(Access& access, const Address& address,
                                   AddressLimits::Usage& usage)
    : access_(access), usage_(usage), address_(address) {}

ConnectionPermit::~ConnectionPermit() {
  usage_.swarms -= swarms_;
  access_.limits_.close(address_, access_.now_);
  --access_.connections_;
}

std::optional<Refusal> ConnectionPermit::show_token(std::string_view token) {
  if (!token.empty()) {
    shown_ = std::make_unique<Shown>();
    // A longer one is no token, but is to be told from none.
    shown_->text = token.substr(0, max_token_size + 1);
  }
  const auto refusal = token_refusal(nullptr);
  if (refusal) {
    access_.refusals_.add(*refusal);
  }
  return refusal;
}

bool ConnectionPermit::message(Time now) {
  const bool may = access_.limits_.message(usage_, now);
  if (!may) {
    access_.refusals_.add(Refusal::address_messages);
  }
  return may;
}

const char* ConnectionPermit::refusal(const signal::InfoHash& swarm, std::uint32_t swarms) {
  const auto refusal = refusal_of(swarm, swarms);
  if (!refusal) {
    return nullptr;
  }
  access_.refusals_.add(*refusal);
  return reason_of(*refusal);
}

// `swarm`: null before there is one.
std::optional<Refusal> ConnectionPermit::token_refusal(const signal::InfoHash* swarm) {
  if (!access_.rules_.secrets) {
    return std::nullopt;
  }
  if (!shown_) {
    return Refusal::token_missing;
  }
  if (shown_->generation != access_.secrets_generation_) {
    shown_->checked = access_.rules_.secrets->check(shown_->text, access_.today_);
    shown_->generation = access_.secrets_generation_;
  }
  if (const auto* fault = std::get_if<TokenFault>(&shown_->checked)) {
    return *fault == TokenFault::expired ? Refusal::token_expired : Refusal::token_wrong;
  }
  const Token& token = *std::get_if<Token>(&shown_->checked);
  if (token.expires <= access_.today_) {
    return Refusal::token_expired;
  }
  if (swarm && token.info_hash && *token.info_hash != *swarm) {
    return Refusal::token_release;
  }
  return std::nullopt;
}

std::optional<Refusal> ConnectionPermit::refusal_of(const signal::InfoHash& swarm,
                                                    std::uint32_t swarms) {
  if (const auto refusal = token_refusal(&swarm)) {
    return refusal;
  }
  if (access_.rules_.allow_list && !access_.rules_.allow_list->contains(swarm)) {
    return Refusal::release;
  }
  const std::uint32_t others = usage_.swarms - swarms_;
  if (swarms > swarms_ && others + swarms > access_.limits_.settings().swarms) {
    return Refusal::address_swarms;
  }
  usage_.swarms = others + swarms;
  swarms_ = swarms;
  return std::nullopt;
}

Access::Access(AccessRules rules, std::uint64_t seed) : limits_(seed) {
  apply(std::move(rules));
}

void Access::apply(AccessRules rules) {
  rules_ = std::move(rules);
  limits_.apply(rules_.address);
  ++secrets_generation_;
}

std::unique_ptr<ConnectionPermit> Access::open(const Address& address, Refusal* refused) {
  const auto refuse = [&](Refusal refusal) {
    *refused = refusal;
    refusals_.add(refusal);
    return nullptr;
  };
  if (connections_ >= rules_.connections) {
    return refuse(Refusal::connections);
  }
  AddressLimits::Usage* usage = limits_.open(address);
  if (!usage) {
    return refuse(Refusal::address_connections);
  }
  if (!limits_.message(*usage, now_)) { // to come and go costs as much as to speak
    limits_.close(address, now_);
    return refuse(Refusal::address_messages);
  }
  ++connections_;
  return std::unique_ptr<ConnectionPermit>(new ConnectionPermit(*this, address, *usage));
}

void Access::tick(Time now, UnixTime today) {
  now_ = now;
  today_ = today;
  limits_.expire(now);
}

} // namespace triad::tracker
