// SPDX-License-Identifier: LGPL-2.1-or-later
// Two links of one process talk to each other.
#include "link/peers.h"

#include <boost/test/unit_test.hpp>

#include <fstream>

namespace triad::test {
namespace {

BOOST_AUTO_TEST_SUITE(link)

BOOST_AUTO_TEST_CASE(two_links_exchange_messages) {
  Loop loop;
  {
    Pair pair(loop);
    pair.connect();
    ChannelEnd& here = pair.offerer.open("a label");
    BOOST_REQUIRE(here.channel);
    BOOST_REQUIRE(loop.run_until([&] { return here.opened == 1; }));
    BOOST_REQUIRE_EQUAL(pair.answerer.channels.size(), 1U);
    ChannelEnd& there = *pair.answerer.channels.front();
    BOOST_TEST(there.channel->label() == "a label");
    BOOST_TEST(there.opened == 1);

    BOOST_TEST(here.channel->send(bytes_of("from the offerer")));
    BOOST_TEST(there.channel->send(bytes_of("from the answerer")));
    BOOST_TEST(there.channel->send({}));
    BOOST_REQUIRE(
        loop.run_until([&] { return here.messages.size() + there.messages.size() == 3; }));
    BOOST_TEST(there.messages.at(0) == "from the offerer");
    BOOST_TEST(here.messages.at(0) == "from the answerer");
    BOOST_TEST(here.messages.at(1).empty());

    BOOST_TEST((pair.offerer.link->peer_fingerprint() == LinkStack::get(nullptr)->fingerprint()));
    const Link::Facts facts = pair.offerer.link->facts();
    BOOST_TEST(facts.local_type == "host");
    BOOST_TEST(!facts.own_address.empty());
    BOOST_TEST(facts.local_address.find(facts.own_address) != std::string::npos);
    BOOST_TEST(!facts.remote_address.empty());
    BOOST_TEST(facts.sent == 16U);
    BOOST_TEST(facts.received == 17U);
  }
  wait_until_gone(loop);
}

// Players hold libsoup 2.4, which aborts beside libsoup 3; Debian's libnice asks for that.
BOOST_AUTO_TEST_CASE(no_libsoup_comes_with_libnice) {
  std::ifstream maps("/proc/self/maps");
  const std::string loaded{std::istreambuf_iterator<char>(maps), {}};
  BOOST_TEST(loaded.find("libnice.so") != std::string::npos);
  BOOST_TEST(loaded.find("libsoup") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace triad::test
