// SPDX-License-Identifier: LGPL-2.1-or-later
// Tokens: what is minted is accepted, and nothing else is.
#include "tracker/access/tokens.h"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace triad;
using namespace triad::tracker;

namespace {

constexpr UnixTime now = 1'700'000'000;
const std::string first = "the first secret, long enough";
const std::string second = "the second one, just as long";

TokenSecrets secrets(const std::string& file) {
  auto parsed = TokenSecrets::parse(file);
  BOOST_REQUIRE(parsed);
  return *parsed;
}

signal::InfoHash hash(std::uint8_t fill) {
  signal::InfoHash made;
  made.bytes.fill(fill);
  return made;
}

bool good(const std::variant<Token, TokenFault>& checked) {
  return std::holds_alternative<Token>(checked);
}

TokenFault fault(const std::variant<Token, TokenFault>& checked) {
  BOOST_REQUIRE(std::holds_alternative<TokenFault>(checked));
  return std::get<TokenFault>(checked);
}

} // namespace

BOOST_AUTO_TEST_SUITE(tokens)

BOOST_AUTO_TEST_CASE(what_is_minted_is_accepted) {
  const TokenSecrets own = secrets(first);
  const auto any = own.check(own.mint({now + 60, std::nullopt}), now);
  BOOST_REQUIRE(good(any));
  BOOST_TEST(std::get<Token>(any).expires == now + 60);
  BOOST_TEST(!std::get<Token>(any).info_hash);
  const auto bound = own.check(own.mint({now + 1, hash(0xab)}), now);
  BOOST_REQUIRE(good(bound));
  BOOST_TEST((std::get<Token>(bound).info_hash == hash(0xab)));
}

// Made apart from this program: base64url of 01, expiry, info hash and the first 16 bytes of
// Python's hmac.digest(b"the first secret, long enough", ..., "sha256").
BOOST_AUTO_TEST_CASE(the_format_is_the_documented_one) {
  const TokenSecrets own = secrets(first);
  BOOST_TEST(own.mint({1'700'000'060, std::nullopt}) == "AQAAAABlU_E8E3ctNnFRg2iftE8TR9mBTA");
  BOOST_TEST(own.mint({1'700'000'060, hash(0xab)}) ==
             "AQAAAABlU_E8q6urq6urq6urq6urq6urq6urq6t6u1-V0yjg8TyZw9AgsdW-");
}

BOOST_AUTO_TEST_CASE(it_ends_when_it_says) {
  const TokenSecrets own = secrets(first);
  const std::string token = own.mint({now, std::nullopt});
  BOOST_TEST(good(own.check(token, now - 1)));
  BOOST_TEST((fault(own.check(token, now)) == TokenFault::expired));
  // As seconds before 1970 it is no token of the far future.
  BOOST_TEST((fault(own.check(own.mint({-1, std::nullopt}), now)) == TokenFault::expired));
}

BOOST_AUTO_TEST_CASE(every_changed_character_is_noticed) {
  const TokenSecrets own = secrets(first);
  for (const auto& bound : {std::optional<signal::InfoHash>(), std::optional(hash(7))}) {
    const std::string token = own.mint({now + 60, bound});
    for (std::size_t i = 0; i < token.size(); ++i) {
      for (const char other : {'A', 'B', '_', '=', ' ', '\0', '\xff'}) {
        std::string changed = token;
        changed[i] = other;
        BOOST_TEST((changed == token || !good(own.check(changed, now))));
      }
      BOOST_TEST(!good(own.check(token.substr(0, i), now)));
    }
    BOOST_TEST(!good(own.check(token + 'A', now)));
  }
  BOOST_TEST((fault(own.check(std::string(100'000, 'A'), now)) == TokenFault::malformed));
}

BOOST_AUTO_TEST_CASE(a_bound_token_can_not_be_unbound) {
  const TokenSecrets own = secrets(first);
  // Version, expiry and the first bytes of the info hash stand where an unbound token's end is.
  const std::string token = own.mint({now + 60, hash(7)});
  BOOST_TEST(!good(own.check(token.substr(0, 34), now)));
}

BOOST_AUTO_TEST_CASE(secrets_are_changed_one_after_another) {
  const std::string old_token = secrets(first).mint({now + 60, std::nullopt});
  const TokenSecrets both = secrets("# the new one\n" + second + "\r\n\n" + first);
  BOOST_TEST(good(both.check(old_token, now)));
  const std::string new_token = both.mint({now + 60, std::nullopt});
  BOOST_TEST(good(secrets(second).check(new_token, now)));
  BOOST_TEST((fault(secrets(second).check(old_token, now)) == TokenFault::forged));
}

BOOST_AUTO_TEST_CASE(secrets_that_are_none) {
  for (const std::string file : {"", "\n\n", "# only a comment, though a long one\n", "too short\n",
                                 "the first secret, long enough\n1234567890\n"}) {
    BOOST_TEST(!TokenSecrets::parse(file), file);
  }
  BOOST_TEST(
      TokenSecrets::parse("one that is all right\ntoo short").error().message.find("line 2") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(where_a_url_carries_it) {
  BOOST_TEST(token_of_target("/abc") == "abc");
  BOOST_TEST(token_of_target("/abc/announce") == "abc");
  BOOST_TEST(token_of_target("/announce?token=abc") == "abc");
  BOOST_TEST(token_of_target("/?x=1&token=abc&y=2") == "abc");
  BOOST_TEST(token_of_target("/abc?info=1") == "abc");
  BOOST_TEST(token_of_target("/abc?token=def") == "def");
  for (const std::string target : {"", "/", "/announce", "/announce?token=", "/?xtoken=abc"}) {
    BOOST_TEST(token_of_target(target) == "", target);
  }
}

BOOST_AUTO_TEST_SUITE_END()
