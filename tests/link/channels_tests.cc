// SPDX-License-Identifier: LGPL-2.1-or-later
// Channels of a link: many of them, reset and used again; messages of every size; back-pressure.
#include "link/peers.h"

#include <boost/test/unit_test.hpp>

#include <set>

namespace triad::test {
namespace {

int opened(const LinkEnd& end) {
  int count = 0;
  for (const auto& channel : end.channels)
    count += channel->opened;
  return count;
}

BOOST_AUTO_TEST_SUITE(channels)

BOOST_AUTO_TEST_CASE(opened_before_the_link_is_up) {
  Loop loop;
  {
    Pair pair(loop);
    ChannelEnd& here = pair.offerer.open("early");
    here.when_writable = [&] { BOOST_TEST(here.channel->send(bytes_of("first"))); };
    BOOST_TEST(!here.channel->send(bytes_of("too early")));
    pair.connect();
    BOOST_REQUIRE(loop.run_until([&] {
      return !pair.answerer.channels.empty() && !pair.answerer.channels[0]->messages.empty();
    }));
    BOOST_TEST(pair.answerer.channels[0]->messages[0] == "first");
    BOOST_TEST(here.writable == 1);
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_CASE(sixty_four_and_no_more) {
  Loop loop;
  {
    Pair pair(loop);
    pair.connect();
    for (int i = 0; i < 32; ++i) {
      BOOST_REQUIRE(pair.offerer.open("o" + std::to_string(i)).channel);
      BOOST_REQUIRE(pair.answerer.open("a" + std::to_string(i)).channel);
    }
    BOOST_TEST(!pair.offerer.link->open_channel("65th"));
    BOOST_TEST(!pair.answerer.link->open_channel("65th"));
    BOOST_REQUIRE(
        loop.run_until([&] { return opened(pair.offerer) == 64 && opened(pair.answerer) == 64; }));
    // Each goes to its own other end.
    for (const auto& channel : pair.offerer.channels)
      BOOST_TEST(channel->channel->send(bytes_of(channel->channel->label())));
    BOOST_REQUIRE(loop.run_until([&] {
      std::size_t count = 0;
      for (const auto& channel : pair.answerer.channels)
        count += channel->messages.size();
      return count == 64;
    }));
    for (const auto& channel : pair.answerer.channels)
      BOOST_TEST(channel->messages[0] == channel->channel->label());
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_CASE(streams_are_used_again_after_a_reset) {
  Loop loop;
  {
    Pair pair(loop);
    pair.connect();
    // More channels, one after the other and by either side, than a link has streams.
    for (int round = 0; round < 5; ++round) {
      std::vector<ChannelEnd*> ours;
      const int before = opened(pair.answerer);
      for (int i = 0; i < 32; ++i) {
        BOOST_REQUIRE(loop.run_until([&] {
          ours.push_back(&pair.offerer.open("again"));
          if (ours.back()->channel)
            return true;
          ours.pop_back(); // its number is still being reset
          pair.offerer.channels.pop_back();
          return false;
        }));
      }
      BOOST_REQUIRE(loop.run_until([&] { return opened(pair.answerer) == before + 32; }));
      for (int i = 0; i < 32; ++i) {
        BOOST_TEST(ours[static_cast<std::size_t>(i)]->channel->send(bytes_of("last words")));
        if (i % 2 == 0)
          ours[static_cast<std::size_t>(i)]->channel->reset();
      }
      // What was sent before a reset arrives before it.
      const auto said = [&] {
        std::size_t count = 0;
        for (const auto& channel : pair.answerer.channels)
          count += channel->messages.size();
        return count;
      };
      BOOST_REQUIRE(loop.run_until([&] { return said() == std::size_t(before) + 32; }));
      for (const auto& channel : pair.answerer.channels)
        channel->channel->reset(); // those that are closed already: nothing
      BOOST_REQUIRE(loop.run_until([&] {
        int closed = 0;
        for (ChannelEnd* channel : ours)
          closed += channel->closed;
        return closed == 16; // who resets is not told
      }));
    }
    BOOST_TEST(pair.offerer.ends.empty());
    BOOST_TEST(pair.answerer.ends.empty());
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_CASE(a_channel_that_is_refused) {
  Loop loop;
  {
    Pair pair(loop);
    pair.answerer.when_channel = [](ChannelEnd& channel) { channel.channel->reset(); };
    pair.connect();
    ChannelEnd& here = pair.offerer.open("unknown");
    BOOST_REQUIRE(loop.run_until([&] { return here.closed == 1; }));
    BOOST_TEST(here.messages.empty());
    BOOST_TEST(!here.channel->send(bytes_of("late")));
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_CASE(messages_of_every_size_in_order) {
  Loop loop;
  {
    Pair pair(loop);
    pair.connect();
    ChannelEnd& here = pair.offerer.open("a");
    BOOST_REQUIRE(loop.run_until([&] { return here.opened == 1; }));
    ChannelEnd& there = *pair.answerer.channels.front();
    std::vector<std::string> sent;
    for (const std::size_t size : {0U, 1U, 1091U, 1092U, 1093U, 16384U, 16397U, 65535U, 65536U}) {
      std::string message(size, '\0');
      for (std::size_t i = 0; i < size; ++i)
        message[i] = static_cast<char>(i * 31 + size);
      BOOST_REQUIRE(here.channel->send(bytes_of(message)));
      sent.push_back(std::move(message));
    }
    BOOST_TEST(!here.channel->send(std::vector<std::byte>(65537)));
    BOOST_REQUIRE(loop.run_until([&] { return there.messages.size() == sent.size(); }));
    BOOST_TEST((there.messages == sent));
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_CASE(a_full_link_refuses_and_tells_when_it_no_longer_is) {
  Loop loop;
  {
    Pair pair(loop);
    pair.connect();
    ChannelEnd &first = pair.offerer.open("1"), &second = pair.offerer.open("2");
    BOOST_REQUIRE(loop.run_until([&] { return first.opened + second.opened == 2; }));
    const std::vector<std::byte> block(16 * 1024);
    std::uint64_t sent = 0;
    const auto fill = [&](ChannelEnd& end) {
      while (sent < 8 * 1024 * 1024 && end.channel->send(block))
        sent += block.size();
    };
    fill(first); // nothing can leave meanwhile
    BOOST_TEST(sent >= 128 * 1024U);
    BOOST_TEST(sent <= 512 * 1024U); // the window is small yet
    BOOST_TEST(first.channel->queued() >= sent - 64 * 1024U);
    BOOST_TEST(second.channel->queued() == first.channel->queued()); // the link's
    BOOST_TEST(!second.channel->send(block));
    first.when_writable = [&] { fill(first); };
    second.when_writable = [&] { fill(second); };
    pair.answerer.channels[0]->keep = pair.answerer.channels[1]->keep = false;
    BOOST_REQUIRE(loop.run_until([&] {
      return pair.answerer.channels[0]->received + pair.answerer.channels[1]->received ==
             8 * 1024 * 1024U;
    }));
    BOOST_TEST(first.writable > 0);
    BOOST_TEST(second.writable > 0);
    BOOST_TEST(pair.offerer.link->facts().sent == 8 * 1024 * 1024U);
    BOOST_TEST(pair.answerer.link->facts().received == 8 * 1024 * 1024U);
    BOOST_REQUIRE(loop.run_until([&] { return first.channel->queued() == 0; }));
  }
  wait_until_gone(loop);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace triad::test
