// SPDX-License-Identifier: LGPL-2.1-or-later
// However a link ends, each side hears of it once, and why.
#include "link/peers.h"

#include <boost/test/unit_test.hpp>

namespace triad::test {
namespace {

bool over(const Pair& pair) {
  return !pair.offerer.ends.empty() && !pair.answerer.ends.empty();
}

// Ends of both sides, after everything else that may come has come.
void require_ends(Pair& pair, Link::End offerer, Link::End answerer) {
  BOOST_REQUIRE(pair.loop.run_until([&] { return over(pair); }));
  pair.loop.run_ready();
  BOOST_REQUIRE_EQUAL(pair.offerer.ends.size(), 1U);
  BOOST_REQUIRE_EQUAL(pair.answerer.ends.size(), 1U);
  BOOST_TEST(static_cast<int>(pair.offerer.ends[0]) == static_cast<int>(offerer),
             pair.offerer.reason);
  BOOST_TEST(static_cast<int>(pair.answerer.ends[0]) == static_cast<int>(answerer),
             pair.answerer.reason);
  BOOST_TEST(!pair.offerer.link->connected());
  BOOST_TEST(!pair.answerer.link->connected());
}

// Replaces what follows `key` in its line of an SDP.
std::string with_line(std::string sdp, const std::string& key, const std::string& value) {
  const auto at = sdp.find(key);
  BOOST_REQUIRE(at != std::string::npos);
  const auto begin = at + key.size();
  return sdp.replace(begin, sdp.find("\r\n", at) - begin, value);
}

BOOST_AUTO_TEST_SUITE(ends)

BOOST_AUTO_TEST_CASE(closed_by_the_offerer) {
  Loop loop;
  {
    Pair pair(loop);
    pair.connect();
    ChannelEnd& here = pair.offerer.open("a");
    BOOST_REQUIRE(loop.run_until([&] { return here.opened == 1; }));
    ChannelEnd& there = *pair.answerer.channels.front();
    pair.offerer.link->close();
    BOOST_TEST(pair.offerer.ends.empty()); // not from within close()
    pair.offerer.link->close();
    require_ends(pair, Link::End::closed_here, Link::End::closed_there);
    BOOST_TEST(here.closed == 1);
    BOOST_TEST(there.closed == 1);
    BOOST_TEST(!here.channel->send(bytes_of("too late")));
    BOOST_TEST(here.channel->queued() == 0U);
    BOOST_TEST(!pair.offerer.link->open_channel("too late"));
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_CASE(closed_by_the_answerer) {
  Loop loop;
  {
    Pair pair(loop);
    pair.connect();
    pair.answerer.link->close();
    require_ends(pair, Link::End::closed_there, Link::End::closed_here);
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_CASE(closed_by_both_at_once) {
  Loop loop;
  {
    Pair pair(loop);
    pair.connect();
    pair.answerer.link->close();
    pair.offerer.link->close();
    require_ends(pair, Link::End::closed_here, Link::End::closed_here);
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_CASE(destroyed_without_a_word) {
  Loop loop;
  {
    Pair pair(loop);
    pair.connect();
    ChannelEnd& here = pair.offerer.open("a");
    BOOST_REQUIRE(loop.run_until([&] { return here.opened == 1; }));
    pair.offerer.link.reset();
    BOOST_TEST(pair.offerer.ends.empty());
    BOOST_TEST(!here.channel->send(bytes_of("nobody"))); // the channel outlives its link
    here.channel->reset();
    BOOST_REQUIRE(loop.run_until([&] { return !pair.answerer.ends.empty(); }));
    BOOST_TEST((pair.answerer.ends[0] == Link::End::closed_there));
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_CASE(closed_before_it_began_and_while_it_begins) {
  Loop loop;
  {
    LinkEnd idle(loop.context()), offering(loop.context());
    idle.link->close();
    offering.link->offer();
    offering.link->close();
    BOOST_REQUIRE(loop.run_until([&] { return !idle.ends.empty() && !offering.ends.empty(); }));
    BOOST_TEST((idle.ends[0] == Link::End::closed_here));
    BOOST_TEST((offering.ends[0] == Link::End::closed_here));
    BOOST_TEST(offering.descriptions.empty());
  }
  wait_until_gone(loop);
}

// From within each callback the link may be closed.
BOOST_AUTO_TEST_CASE(closed_from_a_message) {
  Loop loop;
  {
    Pair pair(loop);
    pair.answerer.when_channel = [&](ChannelEnd& channel) {
      channel.when_message = [&](Bytes) { pair.answerer.link->close(); };
    };
    pair.connect();
    ChannelEnd& here = pair.offerer.open("a");
    BOOST_REQUIRE(loop.run_until([&] { return here.opened == 1; }));
    for (int i = 0; i < 10; ++i)
      BOOST_TEST(here.channel->send(bytes_of("close")));
    require_ends(pair, Link::End::closed_there, Link::End::closed_here);
    BOOST_TEST(pair.answerer.channels.front()->messages.size() == 1U);
  }
  wait_until_gone(loop);
}

constexpr const char* a_fingerprint =
    "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:"
    "1F";

BOOST_AUTO_TEST_CASE(the_servers_certificate_is_another) {
  Loop loop;
  {
    Pair pair(loop);
    pair.introduce([](std::string sdp) {
      return with_line(std::move(sdp), "a=fingerprint:sha-256 ", a_fingerprint);
    });
    // The answerer is DTLS's client and tells the server by an alert.
    require_ends(pair, Link::End::dtls, Link::End::fingerprint);
    BOOST_TEST(pair.offerer.connected + pair.answerer.connected == 0);
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_CASE(the_clients_certificate_is_another) {
  Loop loop;
  {
    Pair pair(loop);
    pair.introduce({}, [](std::string sdp) {
      return with_line(std::move(sdp), "a=fingerprint:sha-256 ", a_fingerprint);
    });
    require_ends(pair, Link::End::fingerprint, Link::End::dtls);
    BOOST_TEST(pair.offerer.connected + pair.answerer.connected == 0);
  }
  wait_until_gone(loop);
}

// As in an offer of libdatachannel that is not "actpass".
BOOST_AUTO_TEST_CASE(the_offerer_is_dtls_client) {
  Loop loop;
  {
    Pair pair(loop);
    pair.introduce([](std::string sdp) { return with_line(std::move(sdp), "a=setup:", "active"); },
                   [](std::string sdp) {
                     BOOST_TEST(sdp.find("a=setup:passive") != std::string::npos);
                     return sdp;
                   });
    BOOST_REQUIRE(loop.run_until(
        [&] { return (pair.offerer.connected > 0 && pair.answerer.connected > 0) || over(pair); }));
    BOOST_REQUIRE(!over(pair));
    ChannelEnd& here = pair.offerer.open("a");
    ChannelEnd& there = pair.answerer.open("b");
    BOOST_REQUIRE(loop.run_until([&] { return here.opened == 1 && there.opened == 1; }));
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_CASE(the_ice_password_is_wrong) {
  Loop loop;
  {
    LinkOptions options;
    options.patience = std::chrono::seconds(2);
    Pair pair(loop, options);
    pair.introduce({}, [](std::string sdp) {
      return with_line(std::move(sdp), "a=ice-pwd:", "abcdefghijklmnopqrstuv");
    });
    require_ends(pair, Link::End::timeout, Link::End::timeout);
  }
  wait_until_gone(loop);
}

// No pair works, and no more candidates come: ICE says so before patience ends.
BOOST_AUTO_TEST_CASE(no_address_answers) {
  Loop loop;
  {
    LinkOptions options;
    options.patience = std::chrono::seconds(50);
    LinkEnd end(loop.context(), options);
    LinkEnd other(loop.context(), options); // never takes the answer, so it answers no check
    other.link->offer();
    BOOST_REQUIRE(loop.run_until([&] { return !other.descriptions.empty(); }));
    const Status taken = end.link->answer(other.descriptions.front());
    BOOST_REQUIRE(taken);
    other.link.reset();
    end.link->add_candidate({});
    BOOST_REQUIRE(loop.run_until([&] { return !end.ends.empty(); }));
    BOOST_TEST((end.ends[0] == Link::End::ice_failed), end.reason);
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_CASE(descriptions_that_are_none) {
  Loop loop;
  {
    LinkEnd end(loop.context());
    BOOST_TEST(!end.link->answer("v=0\r\n"));
    BOOST_TEST(!end.link->answer(std::string(100'000, 'a')));
    BOOST_TEST(!end.link->set_answer("v=0\r\n"));
    end.link->offer(); // it has not begun, so it still can
    BOOST_REQUIRE(loop.run_until([&] { return !end.descriptions.empty(); }));
    BOOST_TEST(!end.link->answer(end.descriptions.front()));
    BOOST_TEST(!end.link->set_answer("v=0\r\n"));
    BOOST_TEST(!end.link->set_answer(end.descriptions.front())); // an offer's roles are open
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace triad::test
