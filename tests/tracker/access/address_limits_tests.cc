// SPDX-License-Identifier: LGPL-2.1-or-later
// What one address may take: connections, messages, and the memory of having been here.
#include "tracker/access/address_limits.h"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace triad::tracker;
using namespace std::chrono_literals;

namespace {

Address ipv4(std::uint8_t last) {
  return {false, {192, 0, 2, last}};
}

Address ipv6(std::uint8_t network, std::uint8_t host) {
  return {true, {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, network, 0, 0, 0, 0, 0, 0, 0, host}};
}

struct LimitsFixture {
  LimitsFixture() { limits.apply({.connections = 3, .messages_per_second = 2, .swarms = 5}); }

  // How many messages may be sent at once.
  int messages(AddressLimits::Usage& usage, Time now) {
    int count = 0;
    while (count < 1000 && limits.message(usage, now)) {
      ++count;
    }
    return count;
  }

  AddressLimits limits{42};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(address_limits, LimitsFixture)

BOOST_AUTO_TEST_CASE(connections_of_one_address) {
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(limits.open(ipv4(1)));
  }
  BOOST_TEST(!limits.open(ipv4(1)));
  BOOST_TEST(limits.open(ipv4(2)));
  limits.close(ipv4(1), 0ms);
  BOOST_TEST(limits.open(ipv4(1)));
  BOOST_TEST(!limits.open(ipv4(1)));
}

BOOST_AUTO_TEST_CASE(an_ipv6_network_is_one_address) {
  for (std::uint8_t host = 1; host <= 3; ++host) {
    BOOST_TEST(limits.open(ipv6(1, host)));
  }
  BOOST_TEST(!limits.open(ipv6(1, 99)));
  BOOST_TEST(limits.open(ipv6(2, 1)));
}

BOOST_AUTO_TEST_CASE(a_mapped_address_is_the_ipv4_address) {
  const Address mapped{true, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}};
  BOOST_TEST((unmapped(mapped) == ipv4(1)));
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(limits.open(mapped));
  }
  BOOST_TEST(!limits.open(ipv4(1)));
  // Others that arrive so are not all of one /64.
  BOOST_TEST(limits.open({true, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 2}}));
}

BOOST_AUTO_TEST_CASE(ten_seconds_of_messages_at_once_then_the_pace) {
  AddressLimits::Usage& usage = *limits.open(ipv4(1));
  BOOST_TEST(messages(usage, 1000ms) == 20);
  BOOST_TEST(messages(usage, 1499ms) == 0);
  BOOST_TEST(messages(usage, 1500ms) == 1);
  BOOST_TEST(messages(usage, 3500ms) == 4);
  BOOST_TEST(messages(usage, 1h) == 20);
}

BOOST_AUTO_TEST_CASE(no_ten_seconds_take_more_than_twice_the_average) {
  AddressLimits::Usage& usage = *limits.open(ipv4(1));
  std::vector<Time> taken;
  for (Time now = 0ms; now < 60s; now += 7ms) {
    if (limits.message(usage, now)) {
      taken.push_back(now);
    }
  }
  // A full bucket, and what flowed in meanwhile.
  BOOST_TEST(taken.size() == 20u + 2 * 60 - 1);
  for (std::size_t first = 0; first + 40 < taken.size(); ++first) {
    BOOST_TEST((taken[first + 40] - taken[first] > 10s));
  }
}

BOOST_AUTO_TEST_CASE(all_connections_of_an_address_share_its_pace) {
  AddressLimits::Usage& one = *limits.open(ipv6(1, 1));
  AddressLimits::Usage& other = *limits.open(ipv6(1, 2));
  BOOST_TEST(&one == &other);
}

BOOST_AUTO_TEST_CASE(coming_again_is_no_new_start) {
  messages(*limits.open(ipv4(1)), 0ms);
  limits.close(ipv4(1), 1s);
  limits.expire(1s);
  BOOST_TEST(limits.known() == 1u);
  BOOST_TEST(messages(*limits.open(ipv4(1)), 1s) == 2);
}

BOOST_AUTO_TEST_CASE(who_is_gone_is_forgotten) {
  BOOST_REQUIRE(limits.open(ipv4(1))); // sent nothing
  limits.close(ipv4(1), 0ms);
  BOOST_TEST(limits.known() == 0u);
  messages(*limits.open(ipv4(1)), 0ms);
  messages(*limits.open(ipv4(2)), 0ms);
  limits.close(ipv4(1), 0ms);
  limits.expire(9999ms);
  BOOST_TEST(limits.known() == 2u);
  limits.expire(10s);
  BOOST_TEST(limits.known() == 1u); // the second is still connected
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_under_a_flood_of_addresses) {
  for (std::uint32_t i = 0; i < 300'000; ++i) {
    Address each{true, {0x20, 0x01}};
    for (std::size_t byte = 0; byte < 4; ++byte) {
      each.bytes[4 + byte] = static_cast<std::uint8_t>(i >> (8 * byte));
    }
    BOOST_REQUIRE(limits.message(*limits.open(each), 0ms));
    limits.close(each, 0ms);
  }
  BOOST_TEST(limits.known() == 100'000u);
  limits.expire(1s);
  BOOST_TEST(limits.known() == 0u);
}

BOOST_AUTO_TEST_CASE(new_limits_hold_at_once) {
  AddressLimits::Usage& usage = *limits.open(ipv4(1));
  BOOST_TEST(messages(usage, 0ms) == 20);
  limits.apply({.connections = 1, .messages_per_second = 100, .swarms = 5});
  BOOST_TEST(messages(usage, 1s) == 100);
  BOOST_TEST(!limits.open(ipv4(1)));
}

BOOST_AUTO_TEST_SUITE_END()
