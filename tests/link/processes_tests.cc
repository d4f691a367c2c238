// SPDX-License-Identifier: LGPL-2.1-or-later
// The other end of a link is another process.
#include "link/other_process.h"

#include <boost/test/unit_test.hpp>

#include <csignal>

namespace triad::test {
namespace {

BOOST_AUTO_TEST_SUITE(processes)

// Who offers is DTLS's server, for the other side answers "active": both roles.
void exchange(bool other_offers) {
  Loop loop;
  {
    OtherProcess other(loop, other_offers);
    other.connect();
    ChannelEnd& channel = other.here.open("0123456789abcdef0123456789abcdef01234567");
    const std::string large(60'000, 'x');
    BOOST_REQUIRE(loop.run_until([&] { return channel.opened == 1 && other.said("channel"); }));
    BOOST_TEST(other.heard("channel") == "0123456789abcdef0123456789abcdef01234567");
    BOOST_TEST(channel.channel->send(bytes_of("short")));
    BOOST_TEST(channel.channel->send(bytes_of(large)));
    BOOST_REQUIRE(loop.run_until([&] { return channel.messages.size() == 2; }));
    BOOST_TEST(channel.messages[0] == "short");
    BOOST_TEST((channel.messages[1] == large));

    other.here.link->close();
    BOOST_REQUIRE(loop.run_until([&] { return other.said("closed"); }));
    BOOST_TEST(other.heard("closed") == std::to_string(int(Link::End::closed_there)));
    BOOST_REQUIRE_EQUAL(other.here.ends.size(), 1U);
    BOOST_TEST((other.here.ends[0] == Link::End::closed_here));
    BOOST_TEST(channel.closed == 1);
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_CASE(this_one_offers) {
  exchange(false);
}
BOOST_AUTO_TEST_CASE(the_other_offers) {
  exchange(true);
}

// Neither says goodbye; ICE's consent (RFC 7675) runs out.
BOOST_AUTO_TEST_CASE(a_process_is_killed_and_one_is_stopped) {
  Loop loop;
  {
    OtherProcess killed(loop, false), stopped(loop, true), lives(loop, true);
    for (OtherProcess* other : {&killed, &stopped, &lives})
      other->connect();
    ChannelEnd& channel = lives.here.open("a");
    killed.signal(SIGKILL);
    stopped.signal(SIGSTOP);
    BOOST_REQUIRE(
        loop.run_until([&] { return !killed.here.ends.empty() && !stopped.here.ends.empty(); }));
    BOOST_TEST((killed.here.ends[0] == Link::End::consent_lost), killed.here.reason);
    BOOST_TEST((stopped.here.ends[0] == Link::End::consent_lost), stopped.here.reason);
    BOOST_TEST(lives.here.ends.empty());
    BOOST_TEST(channel.channel->send(bytes_of("there?")));
    BOOST_REQUIRE(loop.run_until([&] { return !channel.messages.empty(); }));
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace triad::test
