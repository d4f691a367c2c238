// SPDX-License-Identifier: LGPL-2.1-or-later
// Messages that come in parts: put together, in bounded memory.
#include "link/peers.h"

#include "peers/link/data_channel_protocol.h"
#include "peers/link/data_channels.h"

#include <boost/test/unit_test.hpp>

namespace triad::test {
namespace {

struct Peer final : MessageTransport, DataChannels::Events {
  Peer() : channels(*this, *this) {
    channels.up(64, true);
    for (const std::uint16_t stream : {std::uint16_t{1}, std::uint16_t{3}, std::uint16_t{5}})
      channels.data(stream, ppid_dcep, write_channel_open({}), true);
  }
  bool send(std::uint16_t, std::uint32_t, Bytes) override { return true; }
  void reset_stream(std::uint16_t) override {}
  [[nodiscard]] std::uint64_t queued() const override { return 0; }
  [[nodiscard]] bool full() const override { return false; }
  void on_peer_channel(const std::shared_ptr<Channel>& channel) override {
    ends.push_back(std::make_unique<ChannelEnd>(channel));
  }
  void on_protocol_error(const std::string&) override { ++errors; }
  void part(std::uint16_t stream, std::size_t size, bool last) {
    channels.data(stream, ppid_binary, std::vector<std::byte>(size), last);
  }

  std::vector<std::unique_ptr<ChannelEnd>> ends;
  int errors = 0;
  DataChannels channels;
};

BOOST_AUTO_TEST_SUITE(parts)

BOOST_AUTO_TEST_CASE(any_number_of_messages_one_after_the_other) {
  Peer peer;
  for (int i = 0; i < 10; ++i) {
    peer.part(1, 100'000, false);
    peer.part(3, 50'000, false);
    peer.part(1, 100'000, true);
    peer.part(3, 1, true);
  }
  BOOST_TEST(peer.errors == 0);
  BOOST_REQUIRE_EQUAL(peer.ends[0]->messages.size(), 10U);
  BOOST_REQUIRE_EQUAL(peer.ends[1]->messages.size(), 10U);
  BOOST_TEST(peer.ends[0]->messages[9].size() == 200'000U);
  BOOST_TEST(peer.ends[1]->messages[9].size() == 50'001U);
}

BOOST_AUTO_TEST_CASE(one_that_does_not_end) {
  Peer peer;
  for (int i = 0; i < 4; ++i)
    peer.part(1, 64 * 1024, false);
  BOOST_TEST(peer.errors == 0);
  peer.part(1, 1, false);
  BOOST_TEST(peer.errors == 1);
  BOOST_TEST(peer.ends[0]->messages.empty());
}

BOOST_AUTO_TEST_CASE(several_that_do_not_end) {
  Peer peer;
  peer.part(1, 250'000, false);
  peer.part(3, 250'000, false);
  BOOST_TEST(peer.errors == 0);
  peer.ends[0]->channel->reset(); // what it held is given back
  peer.part(5, 250'000, false);
  BOOST_TEST(peer.errors == 0);
  peer.part(5, 10'000, false);
  peer.part(3, 10'000, false);
  BOOST_TEST(peer.errors == 0);
  peer.channels.peer_reset(3);
  peer.part(5, 2'144, true);
  BOOST_TEST(peer.errors == 0);
  BOOST_REQUIRE_EQUAL(peer.ends[2]->messages.size(), 1U);
  BOOST_TEST(peer.ends[2]->messages[0].size() == 262'144U);
}

BOOST_AUTO_TEST_CASE(too_much_in_several) {
  Peer peer;
  peer.part(1, 200'000, false);
  peer.part(3, 200'000, false);
  peer.part(5, 150'000, false);
  BOOST_TEST(peer.errors == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace triad::test
