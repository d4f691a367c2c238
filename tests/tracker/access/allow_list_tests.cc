// SPDX-License-Identifier: LGPL-2.1-or-later
// The allow list: what its lines may be.
#include "tracker/access/allow_list.h"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace triad;
using namespace triad::tracker;

namespace {

const std::string digits = "0123456789abcdef0123456789ABCDEF01234567";

} // namespace

BOOST_AUTO_TEST_SUITE(allow_list)

BOOST_AUTO_TEST_CASE(hashes_comments_and_blank_lines) {
  const std::string other(40, 'f');
  const auto list =
      AllowList::parse("# ours\n\n  " + digits + "\t# Nocturnes\r\n" + other + "\n" + digits);
  BOOST_REQUIRE(list);
  BOOST_TEST(list->size() == 2u);
  BOOST_TEST(list->contains(*parse_info_hash(digits)));
  BOOST_TEST(list->contains(*parse_info_hash(other)));
  BOOST_TEST(!list->contains(signal::InfoHash{}));
}

BOOST_AUTO_TEST_CASE(an_empty_list_allows_nothing) {
  const auto list = AllowList::parse("# nothing yet\n");
  BOOST_REQUIRE(list);
  BOOST_TEST(!list->contains(*parse_info_hash(digits)));
}

BOOST_AUTO_TEST_CASE(v2_releases_are_known_by_their_first_twenty_bytes) {
  const auto list = AllowList::parse(digits + std::string(24, '9'));
  BOOST_REQUIRE(list);
  BOOST_TEST(list->contains(*parse_info_hash(digits)));
}

BOOST_AUTO_TEST_CASE(what_is_no_hash_is_named_by_its_line) {
  for (const std::string& line :
       {digits.substr(1), digits + "0", "g" + digits.substr(1), digits + " " + digits,
        digits + std::string(24, 'g'), std::string("0x") + digits.substr(2)}) {
    const auto list = AllowList::parse("# first\n" + line + "\n");
    BOOST_REQUIRE(!list);
    BOOST_TEST(list.error().message.find("line 2") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(hex_and_back) {
  const auto hash = parse_info_hash(digits);
  BOOST_REQUIRE(hash);
  BOOST_TEST(hash->bytes[1] == 0x23);
  BOOST_TEST(hash->bytes[19] == 0x67);
  BOOST_TEST(hex(*hash) == "0123456789abcdef0123456789abcdef01234567");
}

BOOST_AUTO_TEST_SUITE_END()
