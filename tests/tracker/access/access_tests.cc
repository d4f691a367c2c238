// SPDX-License-Identifier: LGPL-2.1-or-later
// Tokens, allow list and limits together, as connections meet them.
#include "tracker/access/access.h"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace triad;
using namespace triad::tracker;
using namespace std::chrono_literals;

namespace {

constexpr UnixTime today = 1'700'000'000;
const std::string secret = "a secret that is long enough";

signal::InfoHash hash(std::uint8_t fill) {
  signal::InfoHash made;
  made.bytes.fill(fill);
  return made;
}

Address address(std::uint8_t last) {
  return {false, {192, 0, 2, last}};
}

std::string mint(const Token& token, const std::string& with = secret) {
  return TokenSecrets::parse(with)->mint(token);
}

struct AccessFixture {
  AccessFixture() { access.tick(0ms, today); }

  void apply() { access.apply(rules); }
  void ask_for_tokens(const std::string& file = secret) {
    rules.secrets.emplace(*TokenSecrets::parse(file));
    apply();
  }
  std::unique_ptr<ConnectionPermit> open(std::uint8_t last = 1) {
    Refusal refused{};
    return access.open(address(last), &refused);
  }
  // Whether a permit refuses for that reason, and counts it.
  bool refuses(ConnectionPermit& permit, std::uint8_t swarm, Refusal why,
               std::uint32_t swarms = 1) {
    const auto before = access.refusals().of(why);
    const char* reason = permit.refusal(hash(swarm), swarms);
    return reason == reason_of(why) && access.refusals().of(why) == before + 1;
  }

  AccessRules rules;
  Access access{{}, 1};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(access_rules, AccessFixture)

BOOST_AUTO_TEST_CASE(open_by_default) {
  const auto permit = open();
  BOOST_TEST(!permit->show_token(""));
  BOOST_TEST(!permit->show_token("whatever"));
  BOOST_TEST(permit->message(0ms));
  BOOST_TEST(!permit->refusal(hash(1), 1));
}

BOOST_AUTO_TEST_CASE(a_token_is_asked_for) {
  ask_for_tokens();
  const auto permit = open();
  BOOST_TEST((permit->show_token("") == Refusal::token_missing));
  BOOST_TEST(refuses(*permit, 1, Refusal::token_missing));
  BOOST_TEST((permit->show_token("forged") == Refusal::token_wrong));
  BOOST_TEST((permit->show_token(mint({today, {}})) == Refusal::token_expired));
  BOOST_TEST(!permit->show_token(mint({today + 10, {}})));
  BOOST_TEST(!permit->refusal(hash(1), 1));
  BOOST_TEST(access.refusals().of(Refusal::token_missing) == 2u);
}

BOOST_AUTO_TEST_CASE(a_token_ends_while_its_connection_lasts) {
  ask_for_tokens();
  const auto permit = open();
  BOOST_TEST(!permit->show_token(mint({today + 10, {}})));
  access.tick(9s, today + 9);
  BOOST_TEST(!permit->refusal(hash(1), 1));
  access.tick(10s, today + 10);
  BOOST_TEST(refuses(*permit, 1, Refusal::token_expired));
}

BOOST_AUTO_TEST_CASE(a_token_for_one_release) {
  ask_for_tokens();
  const auto permit = open();
  BOOST_TEST(!permit->show_token(mint({today + 10, hash(1)})));
  BOOST_TEST(!permit->refusal(hash(1), 1));
  BOOST_TEST(refuses(*permit, 2, Refusal::token_release, 2));
}

BOOST_AUTO_TEST_CASE(new_secrets_hold_for_who_is_there) {
  const std::string other = "another secret, no shorter";
  const auto with = open();
  const auto without = open();
  BOOST_TEST(!with->show_token(mint({today + 10, {}}))); // nobody asks yet
  ask_for_tokens();
  BOOST_TEST(!with->refusal(hash(1), 1));
  BOOST_TEST(refuses(*without, 1, Refusal::token_missing));
  ask_for_tokens(other + '\n' + secret);
  BOOST_TEST(!with->refusal(hash(1), 1));
  ask_for_tokens(other);
  BOOST_TEST(refuses(*with, 1, Refusal::token_wrong));
}

BOOST_AUTO_TEST_CASE(an_allow_list_comes_and_goes) {
  const auto permit = open();
  BOOST_TEST(!permit->refusal(hash(1), 1));
  rules.allow_list.emplace(*AllowList::parse(hex(hash(2))));
  apply();
  BOOST_TEST(refuses(*permit, 1, Refusal::release));
  BOOST_TEST(!permit->refusal(hash(2), 1));
  rules.allow_list.reset();
  apply();
  BOOST_TEST(!permit->refusal(hash(1), 1));
}

BOOST_AUTO_TEST_CASE(connections_are_counted_and_given_back) {
  rules.connections = 3;
  rules.address.connections = 2;
  apply();
  auto first = open(1);
  const auto second = open(1);
  Refusal refused{};
  BOOST_TEST(!access.open(address(1), &refused));
  BOOST_TEST((refused == Refusal::address_connections));
  const auto third = open(2);
  BOOST_TEST(!access.open(address(3), &refused));
  BOOST_TEST((refused == Refusal::connections));
  BOOST_TEST(access.connections() == 3u);
  first.reset();
  BOOST_TEST(access.connections() == 2u);
  BOOST_TEST(open(1));
  BOOST_TEST(access.refusals().of(Refusal::connections) == 1u);
  BOOST_TEST(access.refusals().of(Refusal::address_connections) == 1u);
}

BOOST_AUTO_TEST_CASE(messages_are_counted_by_address) {
  rules.address.messages_per_second = 1;
  apply();
  const auto one = open(1);
  const auto two = open(1);
  for (int i = 0; i < 4; ++i) { // two of the ten were their coming
    BOOST_TEST(one->message(0ms));
    BOOST_TEST(two->message(0ms));
  }
  BOOST_TEST(!one->message(0ms));
  BOOST_TEST(open(2)->message(0ms));
  BOOST_TEST(access.refusals().of(Refusal::address_messages) == 1u);
}

BOOST_AUTO_TEST_CASE(to_come_and_go_counts_like_messages) {
  rules.address.messages_per_second = 1;
  apply();
  for (int i = 0; i < 10; ++i) {
    BOOST_TEST(open(1));
  }
  Refusal refused{};
  BOOST_TEST(!access.open(address(1), &refused));
  BOOST_TEST((refused == Refusal::address_messages));
  BOOST_TEST(access.refusals().of(Refusal::address_messages) == 1u);
  BOOST_TEST(access.connections() == 0u);
  BOOST_TEST(open(2));
  access.tick(1s, today);
  BOOST_TEST(open(1));
}

BOOST_AUTO_TEST_CASE(swarms_are_counted_by_address) {
  rules.address.swarms = 3;
  apply();
  auto one = open(1);
  const auto two = open(1);
  BOOST_TEST(!one->refusal(hash(1), 1));
  BOOST_TEST(!one->refusal(hash(2), 2));
  BOOST_TEST(!two->refusal(hash(1), 1));
  BOOST_TEST(refuses(*two, 2, Refusal::address_swarms, 2));
  BOOST_TEST(!two->refusal(hash(1), 1)); // it is in that one already
  BOOST_TEST(!one->refusal(hash(2), 1)); // it left the other
  BOOST_TEST(!two->refusal(hash(2), 2));
  BOOST_TEST(refuses(*two, 3, Refusal::address_swarms, 3));
  one.reset();
  BOOST_TEST(!two->refusal(hash(3), 3));
}

BOOST_AUTO_TEST_CASE(every_refusal_has_a_name_of_its_own) {
  for (std::size_t kind = 0; kind < refusal_kinds; ++kind) {
    const auto refusal = static_cast<Refusal>(kind);
    BOOST_TEST(std::string(reason_of(refusal)).size() > 10u);
    for (std::size_t other = 0; other < kind; ++other) {
      BOOST_TEST(std::string(name_of(refusal)) != name_of(static_cast<Refusal>(other)));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
