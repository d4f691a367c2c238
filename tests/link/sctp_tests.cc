// SPDX-License-Identifier: LGPL-2.1-or-later
// Two SCTP associations without ICE and DTLS between them, so that a test can be the network, and
// the peer.
#include "kit/loop.h"
#include "kit/random.h"
#include "peers/link/sctp_association.h"
#include "peers/link/sctp_packet.h"

#include <boost/test/unit_test.hpp>

#include <deque>

namespace triad::test {
namespace {

struct SctpEnd final : SctpAssociation::Listener {
  // `after`: takes what is sent when the end itself goes.
  explicit SctpEnd(SctpLibrary& library, std::deque<std::vector<std::byte>>* after = nullptr)
      : farewell(after), association(library, *this) {}
  ~SctpEnd() { going = true; }

  void on_sctp_packet(Bytes packet) override {
    if (!going)
      out.emplace_back(packet.begin(), packet.end());
    else if (farewell)
      farewell->emplace_back(packet.begin(), packet.end());
  }
  void on_sctp_up(std::uint16_t streams) override { up = streams; }
  void on_sctp_data(std::uint16_t, std::uint32_t, Bytes bytes, bool last) override {
    received += bytes.size();
    messages += last ? 1 : 0;
  }
  void on_sctp_peer_reset(std::uint16_t stream) override {
    ++resets;
    association.reset_stream(stream);
  }
  void on_sctp_reset_done(std::uint16_t) override { ++resets_done; }
  void on_sctp_room() override { ++rooms; }
  void on_sctp_end(SctpAssociation::End how, const std::string&) override {
    ++ended;
    end = how;
  }

  std::deque<std::vector<std::byte>> out;
  std::deque<std::vector<std::byte>>* farewell;
  bool going = false;
  std::uint16_t up = 0;
  std::uint64_t received = 0;
  int messages = 0, resets = 0, resets_done = 0, rooms = 0, ended = 0;
  SctpAssociation::End end{};
  SctpAssociation association;
};

struct SctpPair {
  explicit SctpPair(GMainContext* context) : library(context), a(library), b(library) {
    BOOST_REQUIRE(a.association.connect(5000, 5000));
    BOOST_REQUIRE(b.association.connect(5000, 5000));
  }
  // One packet from the one to the other. False: there is none.
  static bool carry(SctpEnd& from, SctpEnd& to,
                    const std::function<void(std::vector<std::byte>&)>& change = {}) {
    if (from.out.empty())
      return false;
    auto packet = std::move(from.out.front());
    from.out.pop_front();
    if (change)
      change(packet);
    to.association.receive(packet);
    return true;
  }
  void carry_all() {
    while (carry(a, b) || carry(b, a)) {
    }
  }

  SctpLibrary library;
  SctpEnd a, b;
};

BOOST_AUTO_TEST_SUITE(sctp)

BOOST_AUTO_TEST_CASE(both_connect_at_once) {
  Loop loop;
  SctpPair pair(loop.context());
  pair.carry_all();
  BOOST_TEST(pair.a.up == SctpAssociation::streams);
  BOOST_TEST(pair.b.up == SctpAssociation::streams);
  const std::vector<std::byte> message(100'000, std::byte{7});
  BOOST_TEST(pair.a.association.send(3, 53, message));
  BOOST_TEST(pair.a.association.queued() >= message.size());
  BOOST_TEST(pair.library.queued() == pair.a.association.queued());
  pair.carry_all();
  BOOST_TEST(pair.b.received == message.size());
  BOOST_TEST(pair.b.messages == 1);
  BOOST_TEST(!pair.a.association.send(64, 53, message)); // a stream that we don't have
}

// usrsctp counts whole milliseconds, and a line of this machine's takes less than one.
BOOST_AUTO_TEST_CASE(a_round_trip_of_less_than_a_millisecond_is_known) {
  Loop loop;
  SctpPair pair(loop.context());
  BOOST_TEST(pair.a.association.round_trip().count() == 0);
  pair.carry_all();
  for (int i = 0; i < 50; ++i) { // whatever the handshake took
    BOOST_REQUIRE(pair.a.association.send(0, 53, std::vector<std::byte>(2'000)));
    pair.carry_all();
  }
  BOOST_TEST(pair.a.association.round_trip().count() > 0);
  BOOST_TEST(pair.a.association.round_trip() < std::chrono::milliseconds(50));
}

// A packet is at most what the smallest path takes: 1200 bytes with IP, UDP and DTLS around it.
BOOST_AUTO_TEST_CASE(packets_are_small_and_have_their_checksums) {
  Loop loop;
  SctpPair pair(loop.context());
  pair.carry_all();
  BOOST_TEST(pair.a.association.send(0, 53, std::vector<std::byte>(20'000)));
  std::size_t largest = 0;
  for (const auto& packet : pair.a.out) {
    largest = std::max(largest, packet.size());
    BOOST_TEST(bool(check_sctp_packet(packet)));
  }
  BOOST_TEST(largest <= 1200U - 28 - 37);
  BOOST_TEST(largest > 1100U);
  BOOST_TEST(pair.a.out.size() >= 18U); // the whole of it at once: the initial window
}

BOOST_AUTO_TEST_CASE(an_abort_of_the_peer) {
  Loop loop;
  SctpLibrary library(loop.context());
  SctpEnd a(library);
  std::deque<std::vector<std::byte>> last;
  {
    SctpEnd b(library, &last);
    BOOST_REQUIRE(a.association.connect(5000, 5000));
    BOOST_REQUIRE(b.association.connect(5000, 5000));
    while (SctpPair::carry(a, b) || SctpPair::carry(b, a)) {
    }
    BOOST_REQUIRE(a.up > 0);
  }
  BOOST_REQUIRE_EQUAL(last.size(), 1U); // it says goodbye, and then nothing more
  a.association.receive(last.front());
  a.association.receive(last.front());
  BOOST_TEST(a.ended == 1);
  BOOST_TEST((a.end == SctpAssociation::End::by_peer));
  BOOST_TEST(!a.association.send(0, 53, std::vector<std::byte>(1)));
}

// Whatever the peer writes into its packets: usrsctp gets it with a right checksum.
BOOST_AUTO_TEST_CASE(garbage_with_right_checksums) {
  Loop loop;
  kit::Random random(11);
  int ended = 0;
  for (int round = 0; round < 60; ++round) {
    SctpPair pair(loop.context());
    if (round % 4 != 0) // otherwise the handshake is spoilt
      pair.carry_all();
    const auto spoil = [&](std::vector<std::byte>& packet) {
      if (packet.size() <= sctp_header_size || random.chance(0.5))
        return;
      const auto times = random.between(1, 4);
      for (std::uint64_t i = 0; i < times; ++i) {
        const auto at = random.between(sctp_header_size, packet.size() - 1);
        if (random.chance(0.3)) // chunk types and lengths
          packet[std::min(std::size_t{12} + random.below(4), packet.size() - 1)] =
              static_cast<std::byte>(random.below(256));
        else
          packet[at] = static_cast<std::byte>(random.below(256));
      }
      set_sctp_checksum(packet);
    };
    const std::vector<std::byte> message(3'000);
    for (int step = 0; step < 200; ++step) {
      const auto stream = static_cast<std::uint16_t>(random.below(8));
      (void)pair.a.association.send(stream, 53, std::span(message).first(random.between(1, 3000)));
      if (random.chance(0.1))
        pair.a.association.reset_stream(stream);
      (void)SctpPair::carry(pair.a, pair.b, spoil);
      (void)SctpPair::carry(pair.b, pair.a, {});
      if (step % 20 == 0)
        loop.run_ready();
    }
    BOOST_TEST(pair.b.ended <= 1);
    ended += pair.b.ended;
  }
  BOOST_TEST_MESSAGE(ended << " of 60 associations ended");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace triad::test
