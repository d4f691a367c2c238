// SPDX-License-Identifier: LGPL-2.1-or-later
// Tokens and where URLs carry them: what is accepted is exactly what would be minted.
#include "tracker/access/tokens.h"

#include "require.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace triad::tracker;
  static const TokenSecrets secrets =
      *TokenSecrets::parse("a secret that the corpus was signed with");
  const std::string_view target(reinterpret_cast<const char*>(data), size);
  const std::string_view token = token_of_target(target);
  FUZZ_REQUIRE(token.empty() || target.find(token) != std::string_view::npos);
  for (const UnixTime now : {UnixTime{0}, UnixTime{4'000'000'000}}) {
    const auto checked = secrets.check(token, now);
    if (const auto* good = std::get_if<Token>(&checked)) {
      FUZZ_REQUIRE(good->expires > now);
      FUZZ_REQUIRE(secrets.mint(*good) == token);
    }
  }
  // A file of secrets that can be read can sign and check.
  if (const auto other = TokenSecrets::parse(target)) {
    const auto checked = other->check(other->mint({1, std::nullopt}), 0);
    FUZZ_REQUIRE(std::holds_alternative<Token>(checked));
  }
  return 0;
}
