// SPDX-License-Identifier: LGPL-2.1-or-later
// triad-tracker token: what it takes, and what it refuses.
#include "tracker/server/token_command.h"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace triad::tracker;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(token_command_line)

BOOST_AUTO_TEST_CASE(durations) {
  BOOST_TEST((parse_duration("90s") == 90s));
  BOOST_TEST((parse_duration("15m") == 15min));
  BOOST_TEST((parse_duration("12h") == 12h));
  BOOST_TEST((parse_duration("30d") == 720h));
  for (const std::string text : {"", "30", "d", "0d", "-1d", "1w", "1dd", " 1d", "99999999999d"}) {
    BOOST_TEST(!parse_duration(text), text);
  }
}

BOOST_AUTO_TEST_CASE(wrong_usage) {
  BOOST_TEST(token_command({}) == 2);
  BOOST_TEST(token_command({"--token-secret", "/dev/null"}) == 2);
  BOOST_TEST(token_command({"--token-secret", "/dev/null", "--expires", "soon"}) == 2);
  BOOST_TEST(
      token_command({"--token-secret", "/dev/null", "--expires", "1d", "--info-hash", "x"}) == 2);
  BOOST_TEST(token_command({"--token-secret", "/dev/null", "--expires", "1d"}) == 1); // no secret
  BOOST_TEST(token_command({"--token-secret", "/dev/missing", "--expires", "1d"}) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
