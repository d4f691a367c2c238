// SPDX-License-Identifier: LGPL-2.1-or-later
// Companies among each other, over links without sockets.
#include "fake_network.h"
#include "nodes.h"
#include "stranger.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::kit;
using namespace std::chrono_literals;

namespace {

const std::string tracker = "ws://tracker.example";

struct Setting {
  test::Loop loop{40s};
  FakeNetwork network{loop.context()};
  std::vector<std::unique_ptr<Company>> companies;
  std::uint8_t last = 0;
  company::Time passed{0};

  Contents files = small_album();
  ReleasePtr release = make(files);

  static ReleasePtr make(const Contents& files, const std::string& name = "Album") {
    ReleaseSpec spec;
    spec.name = name;
    spec.files = files;
    return make_release(spec);
  }

  Setting() {
    network.now = [this] { return company::Time(std::chrono::hours(1)) + passed; };
    network.tick = 1ms;
  }

  Company& company(CompanySettings settings = {}, CompanyHost host = {}) {
    host.context = loop.context();
    if (settings.upload == UploadSettings())
      settings.upload.rate = -1;
    ++last;
    companies.push_back(
        std::make_unique<company::CompanyImpl>(host, settings, last, network.seams(last)));
    return *companies.back();
  }
  CompanyStats stats(std::size_t company) const { return companies.at(company)->stats(); }

  // Time goes by, and everybody notices.
  void pass(company::Time time) {
    passed += time;
    loop.run_for(20ms);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(company_, Setting)

BOOST_AUTO_TEST_CASE(one_gives_another_the_whole_release) {
  Member seeder(company(), release, files, true, {tracker}, false);
  Member leecher(company(), release, {}, false, {tracker});
  BOOST_TEST(loop.run_until([&] { return leecher.complete(); }));
  for (std::uint32_t i = 0; i < release->piece_count(); ++i) {
    const auto range = release->piece_range(PieceIndex(i));
    Content bytes(range.size());
    BOOST_REQUIRE(leecher.stock->read(PieceIndex(i), 0, bytes));
    BOOST_TEST((bytes == piece_content(*release, files, PieceIndex(i))));
  }
  BOOST_TEST(network.connected == 1u);
  BOOST_TEST(stats(0).sent == release->size());
  BOOST_TEST(stats(1).received == release->size());
  const auto peers = leecher.swarm->peers();
  BOOST_REQUIRE(peers.size() == 1u);
  BOOST_TEST(peers[0].received == release->size());
  BOOST_TEST(peers[0].id == "0100000000000000");
}

BOOST_AUTO_TEST_CASE(each_knows_the_other_by_the_number_that_it_knows_itself_by) {
  Member seeder(company(), release, files, true, {tracker}, false);
  Member leecher(company(), release, {}, false, {tracker});
  BOOST_TEST(loop.run_until([&] { return leecher.complete(); }));
  BOOST_TEST(seeder.swarm->identity() != leecher.swarm->identity());
  const auto theirs = leecher.swarm->peers(), ours = seeder.swarm->peers();
  BOOST_REQUIRE(theirs.size() == 1u);
  BOOST_REQUIRE(ours.size() == 1u);
  BOOST_TEST((theirs.front().identity == seeder.swarm->identity()));
  BOOST_TEST((ours.front().identity == leecher.swarm->identity()));
}

BOOST_AUTO_TEST_CASE(construction_alone_touches_nothing) {
  company();
  loop.run_for(20ms);
  BOOST_TEST(network.links_made == 0u);
  BOOST_TEST(network.announces == 0u);
}

BOOST_AUTO_TEST_CASE(seeders_make_no_offers) {
  Member a(company(), release, files, true, {tracker});
  Member b(company(), release, files, true, {tracker});
  loop.run_for(50ms);
  BOOST_TEST(network.offers == 0u);
  BOOST_TEST(network.links_made == 0u);
}

BOOST_AUTO_TEST_CASE(offers_that_cross_leave_one_link) {
  // Each lacks what the other has, and both ask at the same moment.
  Member a(company(), release, files, true, {tracker});
  Member b(company(), release, {}, false, {tracker});
  a.stock->put(PieceIndex(0), {}),
      b.stock->put(PieceIndex(0), piece_content(*release, files, PieceIndex(0)));
  a.swarm->lost(PieceIndex(0));
  b.swarm->have(PieceIndex(0));
  a.asks = b.asks = false;
  BOOST_TEST(loop.run_until([&] { return a.peers.size() == 1 && b.peers.size() == 1; }));
  loop.run_for(50ms);
  BOOST_TEST(network.offers >= 2u);
  BOOST_TEST(a.peers.size() == 1u);
  BOOST_TEST(b.peers.size() == 1u);
  BOOST_TEST(stats(0).links == 1u);
  BOOST_TEST(stats(1).links == 1u);
  BOOST_TEST(a.gone + b.gone == 0u);
}

BOOST_AUTO_TEST_CASE(two_releases_share_one_link) {
  const auto other_files = small_album(2);
  const auto other = make(other_files, "Other");
  auto& one = company();
  auto& two = company();
  Member seeder(one, release, files, true, {tracker}, false);
  Member other_seeder(one, other, other_files, true, {tracker}, false);
  Member leecher(two, release, {}, false, {tracker});
  BOOST_TEST(loop.run_until([&] { return leecher.complete(); }));
  Member other_leecher(two, other, {}, false, {tracker});
  BOOST_TEST(loop.run_until([&] { return other_leecher.complete(); }));
  BOOST_TEST(network.connected == 1u);
  BOOST_TEST(stats(1).links == 1u);
}

BOOST_AUTO_TEST_CASE(links_stay_warm_when_their_release_is_left) {
  auto& one = company();
  auto& two = company();
  Member seeder(one, release, files, true, {tracker}, false);
  auto leecher =
      std::make_unique<Member>(two, release, Contents(), false, std::vector<std::string>{tracker});
  BOOST_TEST(loop.run_until([&] { return leecher->complete(); }));
  leecher.reset();
  pass(60s);
  BOOST_TEST(stats(1).links == 1u);
  Member again(two, release, {}, false, {tracker});
  BOOST_TEST(loop.run_until([&] { return again.complete(); }));
  BOOST_TEST(network.connected == 1u);
}

BOOST_AUTO_TEST_CASE(a_liar_is_banned_and_the_others_carry_on) {
  auto& bad = company();
  Member liar(bad, release, files, true, {tracker}, false);
  liar.stock->lies = true;
  Member honest(company(), release, files, true, {tracker}, false);
  Member leecher(company(), release, {}, false, {tracker});
  BOOST_TEST(loop.run_until([&] { return leecher.complete(); }));
  BOOST_TEST(leecher.bad >= 1u);
  BOOST_TEST(stats(2).banned == 1u);
  BOOST_TEST(stats(0).links == 0u);
  const auto bad_before = leecher.bad;
  // Offers reach it again; its answers are not taken.
  const auto offers = network.offers;
  leecher.swarm->lost(PieceIndex(0));
  pass(200s);
  BOOST_TEST(network.offers > offers);
  BOOST_TEST(stats(0).links == 0u);
  BOOST_TEST(leecher.bad == bad_before);
}

BOOST_AUTO_TEST_CASE(who_leaves_is_missed_by_nobody) {
  Member seeder(company(), release, files, true, {tracker}, false);
  auto other = std::make_unique<Member>(company(), release, files, true,
                                        std::vector<std::string>{tracker}, false);
  Member leecher(company(), release, {}, false, {tracker});
  leecher.at_once = 1;
  BOOST_TEST(loop.run_until([&] { return leecher.peers.size() == 2 && leecher.received > 0; }));
  other.reset();
  companies[1].reset();
  BOOST_TEST(loop.run_until([&] { return leecher.complete(); }));
  BOOST_TEST(leecher.gone == 1u);
  BOOST_TEST(leecher.peers.size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_dial_moves_a_listener_away_and_back) {
  Member seeder(company(), release, files, true, {tracker}, false);
  Member leecher(company(), release, {}, false, {tracker});
  leecher.asks = false;
  BOOST_TEST(loop.run_until([&] { return leecher.peers.size() == 1; }));
  network.turn_dial(tracker, false);
  BOOST_TEST(loop.run_until([&] { return leecher.peers.empty(); }));
  const auto offers = network.offers;
  pass(100s);
  BOOST_TEST(leecher.peers.empty());
  BOOST_TEST(network.offers == offers);
  leecher.looked.clear();
  network.turn_dial(tracker, true);
  BOOST_TEST(loop.run_until([&] { return leecher.peers.size() == 1; }));
  BOOST_TEST(!leecher.looked.empty());
  leecher.asks = true;
  leecher.work();
  BOOST_TEST(loop.run_until([&] { return leecher.complete(); }));
}

BOOST_AUTO_TEST_CASE(the_dial_governs_its_own_tracker_alone) {
  const std::string second = "ws://second.example";
  Member a(company(), release, files, true, {tracker}, false);
  Member b(company(), release, files, true, {second}, false);
  Member leecher(company(), release, {}, false, {tracker, second});
  leecher.asks = false;
  BOOST_TEST(loop.run_until([&] { return leecher.peers.size() == 2; }));
  network.turn_dial(tracker, false);
  BOOST_TEST(loop.run_until([&] { return leecher.peers.size() == 1; }));
  pass(100s);
  BOOST_TEST(leecher.peers.size() == 1u);
  BOOST_TEST(a.swarm->links() == 0u);
  BOOST_TEST(b.swarm->links() == 1u);
}

BOOST_AUTO_TEST_CASE(who_went_with_one_trackers_dial_is_met_again_through_another) {
  const std::string second = "ws://second.example";
  network.dial[second] = false;
  Member seeder(company(), release, files, true, {tracker, second}, false);
  Member leecher(company(), release, {}, false, {tracker, second});
  leecher.asks = false;
  BOOST_TEST(loop.run_until([&] { return leecher.peers.size() == 1; }));
  network.turn_dial(second, true);
  loop.run_for(20ms);
  BOOST_TEST(leecher.gone == 0u);
  network.turn_dial(tracker, false);
  BOOST_TEST(loop.run_until([&] { return leecher.gone == 1; }));
  BOOST_TEST(loop.run_until([&] { return leecher.peers.size() == 1; })); // without time going by
  network.tell_all(tracker);
  loop.run_for(50ms);
  BOOST_TEST(leecher.peers.size() == 1u);
  network.turn_dial(second, false);
  BOOST_TEST(loop.run_until([&] { return leecher.peers.empty(); }));
  pass(100s);
  BOOST_TEST(leecher.peers.empty());
}

// The seeder answers by a channel on the link that is there, which doesn't say through whom.
BOOST_AUTO_TEST_CASE(the_dial_governs_channels_on_links_of_other_releases) {
  const std::string second = "ws://second.example", third = "ws://third.example";
  const auto other = make(files, "Other");
  auto& one = company();
  auto& two = company();
  Member seeder(one, release, files, true, {third}, false);
  Member leecher(two, release, {}, false, {third});
  leecher.asks = false;
  BOOST_TEST(loop.run_until([&] { return leecher.peers.size() == 1; }));
  Member further(one, other, files, true, {tracker}, false);
  Member wanting(two, other, {}, false, {tracker, second});
  wanting.asks = false;
  BOOST_TEST(loop.run_until([&] { return wanting.peers.size() == 1; }));
  BOOST_TEST(network.connected == 1u);
  network.turn_dial(tracker, false);
  BOOST_TEST(loop.run_until([&] { return wanting.peers.empty(); }));
  pass(100s);
  BOOST_TEST(wanting.peers.empty());
  BOOST_TEST(leecher.peers.size() == 1u);
  BOOST_TEST(leecher.gone == 0u);
  BOOST_TEST(stats(1).links == 1u);
}

// BEP 27.
BOOST_AUTO_TEST_CASE(trackers_count_while_something_is_announced_there) {
  auto& node = company();
  {
    Member member(node, release, files, true, {tracker}, false);
    BOOST_TEST(loop.run_until([&] { return node.stats().trackers_connected == 1; }));
  }
  loop.run_ready();
  BOOST_TEST(node.stats().trackers_connected == 0u);
}

// Who is linked is answered no offer: the seeder does not know yet that the link is dead.
BOOST_AUTO_TEST_CASE(who_moves_to_another_address_is_back_at_once) {
  auto& seeders = company();
  auto& leechers = company();
  Member seeder(seeders, release, files, true, {tracker}, false);
  Member leecher(leechers, release, {}, false, {tracker});
  leecher.asks = false;
  BOOST_REQUIRE(loop.run_until([&] { return leecher.met == 1; }));
  leechers.address_lost([](const std::string& address) { return address == "77"; }); // another's
  loop.run_for(50ms);
  BOOST_TEST(leecher.gone == 0u);
  network.closes_are_heard = false;
  leechers.address_lost([](const std::string&) { return true; });
  leecher.asks = true;
  BOOST_TEST(loop.run_until([&] { return leecher.complete(); }));
  BOOST_TEST(leecher.gone == 1u);
  BOOST_TEST(leecher.met == 2u);
  BOOST_TEST(seeder.gone == 0u);
}

BOOST_AUTO_TEST_CASE(a_private_release_is_not_announced_to_the_settings_trackers) {
  CompanySettings settings;
  settings.trackers = {tracker};
  ReleaseSpec spec;
  spec.files = files;
  for (const bool is_private : {false, true}) {
    spec.is_private = is_private;
    const auto known = make_release(spec);
    Member seeder(company(settings), known, files, true, {"ws://own.example"}, false);
    Member leecher(company(), known, {}, false, {tracker});
    if (is_private) {
      loop.run_for(50ms);
      BOOST_TEST(leecher.met == 0u);
    } else {
      BOOST_TEST(loop.run_until([&] { return leecher.complete(); }));
    }
  }
}

BOOST_AUTO_TEST_CASE(looking_ends_when_nothing_more_may_come) {
  Member alone(company(), release, {}, false, {tracker});
  BOOST_TEST(loop.run_until([&] { return alone.looked == std::vector<bool>({true, false}); }));
  BOOST_TEST(passed.count() == 0);
  Member nowhere(company(), release, {}, false, {"udp://tracker.example"});
  BOOST_TEST(loop.run_until([&] { return !nowhere.looked.empty(); }));
  loop.run_for(20ms);
  BOOST_TEST(!nowhere.looked.back());
}

BOOST_AUTO_TEST_CASE(looking_ends_after_ten_seconds_without_answers) {
  network.answers_pass = false;
  Member seeder(company(), release, files, true, {tracker}, false);
  Member leecher(company(), release, {}, false, {tracker});
  BOOST_TEST(loop.run_until([&] { return network.offers > 0; }));
  loop.run_for(20ms);
  BOOST_TEST(leecher.looked == std::vector<bool>({true}));
  pass(11s);
  BOOST_TEST(leecher.looked == std::vector<bool>({true, false}));
}

BOOST_AUTO_TEST_CASE(no_more_links_than_the_limit) {
  CompanySettings settings;
  settings.max_peers = 5;
  settings.upload.rate = -1;
  Member hub(company(settings), release, files, true, {tracker}, false);
  std::vector<std::unique_ptr<Member>> leechers;
  for (int i = 0; i < 12; ++i) {
    leechers.push_back(std::make_unique<Member>(company(), release, Contents(), false,
                                                std::vector<std::string>{tracker}));
    leechers.back()->asks = false;
  }
  std::size_t most = 0;
  (void)loop.run_until(
      [&] {
        most = std::max(most, stats(0).links + stats(0).connecting);
        return false;
      },
      1s);
  BOOST_TEST(most == 6u);
  // Those who do nothing make room, down to the soft limit.
  pass(40s);
  BOOST_TEST(stats(0).links <= 5u);
}

BOOST_AUTO_TEST_CASE(a_flood_of_offers_makes_few_links) {
  network.links_work = false;
  Member victim(company(), release, files, true, {tracker}, false);
  loop.run_for(10ms);
  SessionDescription description;
  description.ice_ufrag = "none";
  description.ice_pwd = "0123456789012345678901";
  for (int i = 0; i < 1000; ++i) {
    description.fingerprint[1] = static_cast<std::byte>(i);
    description.fingerprint[2] = static_cast<std::byte>(i >> 8);
    network.offer_to_all(tracker, release->id(), write_description(description, false), 99);
  }
  loop.run_for(20ms);
  BOOST_TEST(network.links_made > 0u);
  BOOST_TEST(network.links_made <= 16u);
  network.offer_to_all(tracker, release->id(), "v=0\r\nrubbish", 99);
  loop.run_for(10ms);
  BOOST_TEST(network.links_made <= 16u);
}

BOOST_AUTO_TEST_CASE(malformed_bytes_end_that_peer_alone) {
  Member seeder(company(), release, files, true, {tracker}, false);
  Member leecher(company(), release, {}, false, {tracker});
  leecher.asks = false;
  Stranger stranger(network, loop.context(), 99, tracker, release->id(), true);
  BOOST_TEST(loop.run_until([&] { return stranger.channels == 1 && leecher.peers.size() == 1; }));
  stranger.shake_hands();
  stranger.say(wire::Have{0xffffffff});
  BOOST_TEST(loop.run_until([&] { return stranger.ended; }));
  BOOST_TEST(leecher.peers.size() == 1u);
  leecher.asks = true;
  leecher.work();
  BOOST_TEST(loop.run_until([&] { return leecher.complete(); }));
}

BOOST_AUTO_TEST_CASE(who_never_shakes_hands_is_let_go) {
  Member seeder(company(), release, files, true, {tracker}, false);
  Stranger stranger(network, loop.context(), 99, tracker, release->id(), true);
  BOOST_TEST(loop.run_until([&] { return stranger.channels == 1; }));
  loop.run_for(20ms);
  BOOST_TEST(!stranger.ended);
  pass(16s);
  BOOST_TEST(loop.run_until([&] { return stranger.ended; }));
}

BOOST_AUTO_TEST_CASE(two_seeders_part) {
  Member seeder(company(), release, files, true, {tracker}, false);
  Stranger stranger(network, loop.context(), 99, tracker, release->id(), true);
  BOOST_TEST(loop.run_until([&] { return stranger.channels == 1; }));
  stranger.shake_hands();
  loop.run_for(20ms);
  BOOST_TEST(!stranger.ended);
  pass(31s);
  BOOST_TEST(loop.run_until([&] { return stranger.ended; }));
}

BOOST_AUTO_TEST_CASE(a_webtorrent_peer_gets_what_it_asks_for) {
  Member seeder(company(), release, files, true, {tracker}, false);
  Stranger stranger(network, loop.context(), 99, tracker, release->id(), true);
  BOOST_TEST(loop.run_until([&] { return stranger.channels == 1; }));
  stranger.shake_hands();
  stranger.say(wire::Interested{});
  loop.run_for(20ms);
  stranger.heard.clear();
  stranger.say(wire::RequestBlock{{0, 0, 16384}});
  BOOST_TEST(loop.run_until([&] { return stranger.heard.size() >= 13 + 16384; }));
  const auto first = piece_content(*release, files, PieceIndex(0));
  const auto& heard = stranger.heard;
  BOOST_TEST(std::equal(first.begin(), first.begin() + 16384, heard.end() - 16384));
}

BOOST_AUTO_TEST_CASE(nobody_probes_what_is_heard_here) {
  Member seeder(company(), release, files, true, {tracker}, false);
  Stranger stranger(network, loop.context(), 99, tracker, release->id(), true);
  BOOST_TEST(loop.run_until([&] { return stranger.channels == 1; }));
  stranger.shake_hands();
  for (int i = 0; i < 10; ++i)
    stranger.open("ffffffffffffffffffffffffffffffffffffff1" + std::to_string(i));
  BOOST_TEST(loop.run_until([&] { return stranger.channels_closed == 10; }));
  BOOST_TEST(!stranger.ended);
  stranger.open("ffffffffffffffffffffffffffffffffffffffff");
  BOOST_TEST(loop.run_until([&] { return stranger.ended; }));
}

BOOST_AUTO_TEST_CASE(a_second_link_of_a_webtorrent_peer_is_not_kept) {
  Member seeder(company(), release, files, true, {tracker}, false);
  Stranger stranger(network, loop.context(), 99, tracker, release->id(), true);
  BOOST_TEST(loop.run_until([&] { return stranger.channels == 1; }));
  stranger.shake_hands();
  loop.run_for(20ms);
  stranger.offer_again();
  loop.run_for(50ms);
  BOOST_TEST(seeder.swarm->links() == 1u);
  BOOST_TEST(stats(0).links == 1u);
}

BOOST_AUTO_TEST_CASE(nothing_is_given_at_rate_0_nor_over_the_quota_nor_on_metered_networks) {
  CompanySettings none;
  none.upload.rate = 0;
  CompanySettings quota;
  quota.upload.rate = -1;
  quota.upload_quota = 1000;
  CompanyHost counting;
  counting.count_upload = [](std::uint64_t bytes) { return 1000 + bytes; };
  CompanyHost metered;
  metered.metered = [] { return true; };
  Member a(company(none), release, files, true, {tracker}, false);
  Member b(company(quota, counting), release, files, true, {tracker}, false);
  Member c(company({}, metered), release, files, true, {tracker}, false);
  Member leecher(company(), release, {}, false, {tracker});
  BOOST_TEST(loop.run_until([&] { return leecher.swarm->peers().size() == 3; }));
  loop.run_for(100ms);
  BOOST_TEST(leecher.received == 0u);
  BOOST_TEST(a.stock->read_bytes + b.stock->read_bytes + c.stock->read_bytes == 0u);
}

BOOST_AUTO_TEST_CASE(what_plays_is_served_first) {
  CompanySettings slow;
  slow.upload.rate = 50'000;
  Member seeder(company(slow), release, files, true, {tracker}, false);
  Member later(company(), release, {}, false, {tracker});
  Member now(company(), release, {}, false, {tracker});
  later.asks = now.asks = false;
  later.urgency = wire::Urgency::background;
  BOOST_TEST(loop.run_until([&] { return later.peers.size() >= 1 && now.peers.size() >= 1; }));
  const auto seeder_of = [&](const Member& member) {
    for (const auto& peer : member.swarm->peers())
      if (peer.id == "0100000000000000")
        return peer.number;
    return PeerNumber();
  };
  // All that there is, in the background, then one block that plays.
  for (std::uint32_t i = 0; i < release->piece_count(); ++i)
    later.swarm->request(&later, seeder_of(later), release->first_block(PieceIndex(i)),
                         wire::Urgency::background);
  loop.run_ready();
  now.swarm->request(&now, seeder_of(now), BlockIndex(0), wire::Urgency::playing);
  BOOST_TEST(loop.run_until([&] { return now.received > 0; }));
  BOOST_TEST(later.received < release->size()); // in the order of asking: all of it
}

BOOST_AUTO_TEST_CASE(who_floods_is_let_go) {
  Member seeder(company(), release, files, true, {tracker}, false);
  Stranger stranger(network, loop.context(), 99, tracker, release->id(), true);
  BOOST_TEST(loop.run_until([&] { return stranger.channels == 1; }));
  stranger.shake_hands();
  const std::vector<std::byte> noise(16384);
  stranger.say(wire::Block{0, 0, noise});
  BOOST_TEST(loop.run_until([&] { return stranger.ended; }));

  // It comes back at once, then later.
  const auto made = network.links_made;
  stranger.offer_again();
  loop.run_for(50ms);
  BOOST_TEST(network.links_made == made + 1); // its own
  BOOST_TEST(stats(0).links == 0u);
  BOOST_TEST(stats(0).banned == 1u);
  pass(61s);
  stranger.offer_again();
  BOOST_TEST(loop.run_until([&] { return stats(0).links == 1; }));
}

BOOST_AUTO_TEST_CASE(who_says_too_much_is_let_go) {
  Member seeder(company(), release, files, true, {tracker}, false);
  Stranger chatty(network, loop.context(), 98, tracker, release->id(), true);
  Stranger flooding(network, loop.context(), 99, tracker, release->id(), true);
  BOOST_TEST(loop.run_until([&] { return chatty.channels == 1 && flooding.channels == 1; }));
  chatty.shake_hands();
  flooding.shake_hands();
  std::vector<std::byte> many;
  for (int i = 0; i < 4000; ++i)
    wire::append(many, wire::Have{0});
  for (int i = 0; i < 10; ++i) {
    chatty.say(many);
    for (int more = 0; more < 4; ++more)
      flooding.say(many);
  }
  BOOST_TEST(loop.run_until([&] { return flooding.ended; }));
  loop.run_for(20ms);
  BOOST_TEST(!chatty.ended);
  for (int i = 0; i < 2000; ++i) { // each makes us look at it afresh
    chatty.say(wire::Interested{});
    chatty.say(wire::NotInterested{});
  }
  BOOST_TEST(loop.run_until([&] { return chatty.ended; }));
}

BOOST_AUTO_TEST_CASE(bans_last_and_bars_end) {
  using company::Bans;
  const auto certificate = [](unsigned n) {
    Sha256 one{};
    one[0] = static_cast<std::byte>(n);
    one[1] = static_cast<std::byte>(n >> 8);
    return one;
  };
  Bans bans;
  const company::Time now = 5h;
  bans.add(certificate(1));
  bans.bar(certificate(1), "192.0.2.1", now); // it stays banned
  BOOST_TEST(bans.contains(certificate(1), now + 1000h));
  company::Time begin = now;
  for (const auto length : {1min, 2min, 4min, 8min, 16min, 32min, 60min, 60min}) {
    bans.bar(certificate(2), "192.0.2.2", begin);
    BOOST_TEST(bans.contains(certificate(2), begin + length - 1s));
    BOOST_TEST(!bans.contains(certificate(2), begin + length));
    begin += length;
  }
  BOOST_TEST(!bans.refuses("192.0.2.3", now));
  for (unsigned n = 3; n < 6; ++n) {
    BOOST_TEST(!bans.refuses("192.0.2.3", now));
    bans.bar(certificate(n), "192.0.2.3", now);
  }
  BOOST_TEST(bans.refuses("192.0.2.3", now));
  BOOST_TEST(!bans.refuses("192.0.2.4", now));
  BOOST_TEST(!bans.refuses("192.0.2.3", now + 1min));
  for (unsigned n = 10; n < 10 + Bans::most; ++n) // bounded: the oldest go
    bans.bar(certificate(n), "", now);
  BOOST_TEST(!bans.contains(certificate(1), now));
  BOOST_TEST(!bans.refuses("", now));
}

BOOST_AUTO_TEST_CASE(a_choking_peer_is_told_of_and_asked_again) {
  Stranger stranger(network, loop.context(), 99, tracker, release->id(), true);
  Member leecher(company(), release, {}, false, {tracker});
  leecher.at_once = 1;
  BOOST_TEST(loop.run_until([&] { return stranger.channels == 1; }));
  stranger.shake_hands();
  loop.run_for(20ms);
  BOOST_TEST(leecher.peers.empty()); // it chokes us still
  stranger.say(wire::Unchoke{});
  BOOST_TEST(loop.run_until([&] { return leecher.peers.size() == 1; }));
  stranger.say(wire::Choke{});
  BOOST_TEST(loop.run_until([&] { return leecher.choked == 1; }));
  BOOST_TEST(leecher.gone == 0u);
  leecher.swarm->request(&leecher, leecher.peers.begin()->first, BlockIndex(5),
                         wire::Urgency::playing);
  const auto refused = leecher.refused;
  BOOST_TEST(loop.run_until([&] { return leecher.refused > refused; }));
  stranger.say(wire::Unchoke{});
  BOOST_TEST(loop.run_until([&] { return leecher.choked == 2; }));
}

BOOST_AUTO_TEST_CASE(a_swarm_is_shared_and_may_be_left_from_a_callback) {
  auto& one = company();
  Member seeder(company(), release, files, true, {tracker}, false);
  Member a(one, release, {}, false, {tracker});
  Member b(one, release, {}, false, {tracker});
  BOOST_TEST((a.swarm == b.swarm));
  struct Leaver final : Swarm::Fetcher {
    Member* member = nullptr;
    bool left = false;
    void on_peer(PeerNumber, const std::vector<bool>&, std::uint32_t,
                 std::chrono::nanoseconds) override {
      member->leave();
      left = true;
    }
  } leaver;
  leaver.member = &b;
  b.leave();
  a.asks = false;
  a.swarm->add(&leaver);
  leaver.member = &a;
  BOOST_TEST(loop.run_until([&] { return leaver.left; }));
  loop.run_for(50ms);
  BOOST_TEST(stats(0).links == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
