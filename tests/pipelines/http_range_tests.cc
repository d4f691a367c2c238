// SPDX-License-Identifier: LGPL-2.1-or-later
// Range headers and conditions, answered as RFC 9110 says.
#include "triad/http_range.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::tool;

namespace {

std::string shown(const RangeAnswer& answer) {
  switch (answer.kind) {
  case RangeAnswer::Kind::whole:
    return "whole";
  case RangeAnswer::Kind::unsatisfiable:
    return "416";
  case RangeAnswer::Kind::part:
    break;
  }
  return std::to_string(answer.range.begin) + "-" + std::to_string(answer.range.end);
}

std::string shown(const HttpPlan& plan) {
  return std::to_string(plan.status) + " " + std::to_string(plan.range.begin) + "-" +
         std::to_string(plan.range.end);
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_range)

BOOST_AUTO_TEST_CASE(ranges) {
  const struct {
    const char* header;
    const char* answer;
  } cases[] = {
      {"bytes=0-0", "0-1"},
      {"bytes=0-99", "0-100"},
      {"bytes=0-100", "0-100"},
      {"bytes=10-", "10-100"},
      {"bytes=99-", "99-100"},
      {"bytes=100-", "416"},
      {"bytes=100-200", "416"},
      {"bytes=-1", "99-100"},
      {"bytes=-100", "0-100"},
      {"bytes=-500", "0-100"},
      {"bytes=-0", "416"},
      {"BYTES=5-6", "5-7"},
      {"bytes= 5-6 ", "5-7"},
      {"bytes=6-5", "whole"},
      {"bytes=", "whole"},
      {"bytes=-", "whole"},
      {"bytes=a-b", "whole"},
      {"bytes=1-b", "whole"},
      {"bytes=0-1,5-6", "whole"},
      {"bytes=5", "whole"},
      {"lines=1-2", "whole"},
      {"", "whole"},
      {"bytes=+1-2", "whole"},
      {"bytes=--1", "whole"},
      {"bytes 0-1", "whole"},
      {"bytes=1 -2", "whole"},
      {"bytes=0-99999999999999999999999", "0-100"},
      {"bytes=99999999999999999999999-", "416"},
      {"bytes=-99999999999999999999999", "0-100"},
      {"bytes=0-18446744073709551615", "0-100"},
  };
  for (const auto& each : cases) {
    BOOST_TEST(shown(parse_range(each.header, 100)) == each.answer, each.header);
  }
}

BOOST_AUTO_TEST_CASE(nothing_of_an_empty_file_can_be_had) {
  BOOST_TEST(shown(parse_range("bytes=0-", 0)) == "416");
  BOOST_TEST(shown(parse_range("bytes=-5", 0)) == "416");
}

BOOST_AUTO_TEST_CASE(conditions) {
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
  const std::int64_t modified = 784111777;
  const auto plan = [&](HttpConditions asked) {
    return shown(plan_answer(asked, 100, "\"tag\"", modified));
  };
  BOOST_TEST(plan({}) == "200 0-100");
  BOOST_TEST(plan({.range = "bytes=5-9"}) == "206 5-10");
  BOOST_TEST(plan({.range = "bytes=500-"}) == "416 0-0");
  BOOST_TEST(plan({.range = "bytes=5-9", .if_range = "\"tag\""}) == "206 5-10");
  BOOST_TEST(plan({.range = "bytes=5-9", .if_range = "\"other\""}) == "200 0-100");
  BOOST_TEST(plan({.range = "bytes=5-9", .if_range = "W/\"tag\""}) == "200 0-100");
  BOOST_TEST(plan({.range = "bytes=5-9", .if_range = date}) == "206 5-10");
  BOOST_TEST(plan({.range = "bytes=5-9", .if_range = "Sun, 06 Nov 1994 08:49:38 GMT"}) ==
             "200 0-100");
  BOOST_TEST(plan({.if_none_match = "\"tag\""}) == "304 0-0");
  BOOST_TEST(plan({.if_none_match = "\"a\", W/\"tag\""}) == "304 0-0");
  BOOST_TEST(plan({.if_none_match = "*"}) == "304 0-0");
  BOOST_TEST(plan({.range = "bytes=5-9", .if_none_match = "\"a\""}) == "206 5-10");
  BOOST_TEST(plan({.if_modified_since = date}) == "304 0-0");
  BOOST_TEST(plan({.if_modified_since = "Sun, 06 Nov 1994 08:49:36 GMT"}) == "200 0-100");
  BOOST_TEST(plan({.if_modified_since = "yesterday"}) == "200 0-100");
  BOOST_TEST(plan({.if_none_match = "\"a\"", .if_modified_since = date}) == "200 0-100");
}

BOOST_AUTO_TEST_CASE(dates) {
  BOOST_TEST(http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
  BOOST_TEST(http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  BOOST_TEST((parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT") == 0));
  BOOST_TEST(!parse_http_date("Thu, 01 Jan 1970 00:00:00"));
  BOOST_TEST(!parse_http_date("Thu, 01 Jen 1970 00:00:00 GMT"));
}

BOOST_AUTO_TEST_SUITE_END()
