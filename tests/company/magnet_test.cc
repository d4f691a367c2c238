// SPDX-License-Identifier: LGPL-2.1-or-later
// What a magnet link needs from peers: the info dictionary, and v2's piece layers.
#include "fake_network.h"
#include "nodes.h"
#include "stranger.h"

#include "release/bencode_scan.h"
#include "release/metainfo.h"

#include <boost/test/unit_test.hpp>

#include <array>

using namespace triad;
using namespace triad::kit;
using namespace std::chrono_literals;

namespace {

const std::string tracker = "ws://tracker.example";

// Knows only the info hash at first.
struct Asker final : Swarm::Fetcher {
  std::vector<std::byte> info;
  ReleasePtr whole;
  std::size_t met = 0;
  std::shared_ptr<Swarm> swarm;

  ~Asker() override {
    if (swarm)
      swarm->remove(this);
  }
  void on_peer(PeerNumber, const std::vector<bool>&, std::uint32_t,
               std::chrono::nanoseconds) override {
    ++met;
  }
  void on_metadata(const std::vector<std::byte>& bytes) override { info = bytes; }
  void on_layers(const ReleasePtr& release) override { whole = release; }
};

struct Setting {
  test::Loop loop{40s};
  FakeNetwork network{loop.context()};
  std::vector<std::unique_ptr<Company>> companies;
  std::uint8_t last = 0;

  Company& company(std::int64_t upload_rate = -1) {
    CompanyHost host;
    host.context = loop.context();
    CompanySettings settings;
    settings.upload.rate = upload_rate;
    ++last;
    companies.push_back(
        std::make_unique<company::CompanyImpl>(host, settings, last, network.seams(last)));
    return *companies.back();
  }

  struct Given {
    Content metainfo;
    ReleasePtr release;
    std::shared_ptr<std::vector<std::byte>> info;
    std::shared_ptr<MemoryStock> stock;
    std::shared_ptr<Swarm> swarm;
  };
  Given give(Format format) {
    auto given = make(format);
    join(given);
    return given;
  }
  static Given make(Format format) {
    ReleaseSpec spec;
    spec.files = small_album();
    spec.format = format;
    Given given;
    given.metainfo = make_metainfo(spec);
    given.release = make_release(spec);
    const auto info = find_value(given.metainfo, "info");
    given.info = std::make_shared<std::vector<std::byte>>(info.begin(), info.end());
    given.stock = std::make_shared<MemoryStock>(given.release, spec.files, true);
    return given;
  }
  void join(Given& given, std::int64_t upload_rate = -1) {
    SwarmOptions options;
    options.info_hash = given.release->id();
    options.v2 = given.release->info_hash_v2().has_value();
    options.release = given.release;
    options.trackers = {tracker};
    options.info = given.info;
    options.stock = given.stock;
    given.swarm = company(upload_rate).join(options);
  }
  // As a magnet link with one hash does: of a hybrid that is the v1 hash.
  void ask(Asker& asker, const Release& release) {
    SwarmOptions options;
    options.info_hash = release.id();
    if (!release.info_hash_v1())
      options.info_hash_v2 = release.info_hash_v2();
    options.v2 = options.info_hash_v2.has_value();
    options.trackers = {tracker};
    asker.swarm = company().join(options);
    asker.swarm->add(&asker);
  }
  void hand_on(Format format) {
    auto given = give(format);
    BOOST_REQUIRE(given.release->layers_complete());
    std::array<Asker, 2> askers;
    for (Asker& asker : askers) {
      ask(asker, *given.release);
      BOOST_REQUIRE(loop.run_until([&] { return !asker.info.empty(); }));
      const auto bare = parse_info(asker.info);
      BOOST_REQUIRE(bare);
      BOOST_REQUIRE(!(*bare)->layers_complete());
      asker.swarm->set_release(*bare, nullptr);
      BOOST_REQUIRE(loop.run_until([&] { return asker.whole != nullptr; }));
      BOOST_TEST(asker.whole->layers_complete());
      given.swarm.reset();
    }
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(magnet, Setting)

BOOST_AUTO_TEST_CASE(metadata_comes_from_peers_and_then_pieces_can_be_asked_for) {
  const auto given = give(Format::hybrid);
  Asker asker;
  ask(asker, *given.release);
  BOOST_TEST(loop.run_until([&] { return !asker.info.empty(); }));
  BOOST_TEST((asker.info == *given.info));
  BOOST_TEST(asker.met == 0u);
  asker.swarm->set_release(given.release,
                           std::make_shared<MemoryStock>(given.release, Contents(), false));
  BOOST_TEST(loop.run_until([&] { return asker.met == 1; }));
}

BOOST_AUTO_TEST_CASE(metadata_reaches_who_asks_later) {
  const auto given = give(Format::v1);
  Asker first;
  ask(first, *given.release);
  BOOST_TEST(loop.run_until([&] { return !first.info.empty(); }));
  Asker second;
  second.swarm = first.swarm;
  second.swarm->add(&second);
  BOOST_TEST(loop.run_until([&] { return !second.info.empty(); }));
}

// What came from peers is given to others when those are gone.
BOOST_AUTO_TEST_CASE(piece_layers_of_a_v2_release_come_from_peers_and_are_given_on) {
  hand_on(Format::v2);
}

BOOST_AUTO_TEST_CASE(piece_layers_of_a_hybrid_known_by_its_v1_hash_do_too) {
  hand_on(Format::hybrid);
}

BOOST_AUTO_TEST_CASE(who_gives_nothing_gives_no_metadata_either) {
  auto given = make(Format::hybrid);
  join(given, 0);
  Asker asker;
  ask(asker, *given.release);
  BOOST_TEST(loop.run_until([&] { return asker.swarm->peers().size() == 1; }));
  loop.run_for(100ms);
  BOOST_TEST(asker.info.empty());
}

BOOST_AUTO_TEST_CASE(forged_metadata_is_not_taken) {
  auto given = make(Format::v1);
  Stranger forger(network, loop.context(), 99, tracker, given.release->id(), true);
  Asker asker;
  ask(asker, *given.release);
  BOOST_TEST(loop.run_until([&] { return forger.channels > 0; }));
  forger.shake_hands();
  const std::string offer = "d1:md11:ut_metadatai1ee13:metadata_sizei100ee";
  forger.say(wire::Extended{0, std::as_bytes(std::span(offer))});
  std::string part = "d8:msg_typei1e5:piecei0e10:total_sizei100ee" + std::string(100, 'x');
  loop.run_for(20ms);
  forger.say(wire::Extended{1, std::as_bytes(std::span(part))});
  BOOST_TEST(loop.run_until([&] { return forger.ended; }));
  BOOST_TEST(asker.info.empty());
  join(given);
  network.tell_all(tracker);
  BOOST_TEST(loop.run_until([&] { return !asker.info.empty(); }));
  BOOST_TEST((asker.info == *given.info));
}

BOOST_AUTO_TEST_SUITE_END()
