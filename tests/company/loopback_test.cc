// SPDX-License-Identifier: LGPL-2.1-or-later
// Companies over real links and a real tracker, on loopback.
#include "nodes.h"
#include "running_tracker.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::kit;
using namespace std::chrono_literals;

namespace {

struct Setting {
  ~Setting() {
    companies.clear();
    BOOST_TEST(loop.run_until([] { return !LinkStack::alive(); })); // nobody keeps a link
  }

  RunningTracker tracker;
  test::Loop loop{40s};
  std::vector<std::unique_ptr<Company>> companies;
  std::uint64_t last = 0;
  Contents files = small_album();
  ReleasePtr release = make(files);

  static ReleasePtr make(const Contents& files, const std::string& name = "Album") {
    ReleaseSpec spec;
    spec.name = name;
    spec.files = files;
    return make_release(spec);
  }
  Company& company() {
    CompanyHost host;
    host.context = loop.context();
    host.may_connect = [](const std::string&, const sockaddr&) { return true; };
    CompanySettings settings;
    settings.upload.rate = -1;
    companies.push_back(Company::make(host, settings, ++last));
    return *companies.back();
  }
};

void check_bytes(const Member& member, const Contents& files) {
  for (std::uint32_t i = 0; i < member.release->piece_count(); ++i) {
    const auto range = member.release->piece_range(PieceIndex(i));
    Content bytes(range.size());
    BOOST_REQUIRE(member.stock->read(PieceIndex(i), 0, bytes));
    BOOST_TEST((bytes == piece_content(*member.release, files, PieceIndex(i))));
  }
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(loopback, Setting)

BOOST_AUTO_TEST_CASE(two_nodes_meet_and_one_gives_the_whole_release) {
  Member seeder(company(), release, files, true, {tracker.url()}, false);
  Member leecher(company(), release, {}, false, {tracker.url()});
  BOOST_TEST(loop.run_until([&] { return leecher.complete(); }));
  check_bytes(leecher, files);
  BOOST_TEST(leecher.bad == 0u);
}

BOOST_AUTO_TEST_CASE(four_nodes_bring_each_other_the_whole_release) {
  Member seeder(company(), release, files, true, {tracker.url()}, false);
  Member a(company(), release, {}, false, {tracker.url()});
  Member b(company(), release, {}, false, {tracker.url()});
  Member c(company(), release, {}, false, {tracker.url()});
  BOOST_TEST(loop.run_until([&] { return a.complete() && b.complete() && c.complete(); }));
  for (const auto* one : {&a, &b, &c})
    check_bytes(*one, files);
}

// More is asked for at once than a peer may leave unread: what waits to be sent must count.
BOOST_AUTO_TEST_CASE(who_asks_for_much_at_once_is_given_it_as_fast_as_the_line_takes_it) {
  ReleaseSpec spec;
  spec.files = {{"long.ogg", random_content(1, 12'000'000)}};
  spec.piece_length = 256 * 1024;
  const auto large = make_release(spec);
  Member seeder(company(), large, spec.files, true, {tracker.url()}, false);
  Member leecher(company(), large, {}, false, {tracker.url()});
  leecher.at_once = wire::max_requests;
  BOOST_TEST(loop.run_until([&] { return leecher.complete(); }));
  BOOST_TEST(leecher.gone == 0u);
  check_bytes(leecher, spec.files);
}

BOOST_AUTO_TEST_CASE(two_releases_share_one_link) {
  const auto other_files = small_album(2);
  const auto other = make(other_files, "Other");
  auto& one = company();
  auto& two = company();
  Member seeder(one, release, files, true, {tracker.url()}, false);
  Member other_seeder(one, other, other_files, true, {tracker.url()}, false);
  Member leecher(two, release, {}, false, {tracker.url()});
  BOOST_TEST(loop.run_until([&] { return leecher.complete(); }));
  Member other_leecher(two, other, {}, false, {tracker.url()});
  BOOST_TEST(loop.run_until([&] { return other_leecher.complete(); }));
  check_bytes(other_leecher, other_files);
  BOOST_TEST(two.stats().links == 1u);
  BOOST_TEST(other_leecher.swarm->peers().at(0).id == leecher.swarm->peers().at(0).id);
}

BOOST_AUTO_TEST_CASE(the_operators_dial_moves_a_listener_away_and_back) {
  Member seeder(company(), release, files, true, {tracker.url()}, false);
  Member leecher(company(), release, {}, false, {tracker.url()});
  leecher.asks = false;
  BOOST_TEST(loop.run_until([&] { return leecher.peers.size() == 1; }));
  tracker.dial(0);
  BOOST_TEST(loop.run_until([&] { return leecher.peers.empty(); }));
  tracker.dial(100);
  BOOST_TEST(loop.run_until([&] { return leecher.peers.size() == 1; }));
  leecher.asks = true;
  leecher.work();
  BOOST_TEST(loop.run_until([&] { return leecher.complete(); }));
}

BOOST_AUTO_TEST_CASE(a_node_that_goes_is_missed_at_once_and_the_tracker_by_nobody) {
  Member seeder(company(), release, files, true, {tracker.url()}, false);
  auto other = std::make_unique<Member>(company(), release, files, true,
                                        std::vector<std::string>{tracker.url()}, false);
  Member leecher(company(), release, {}, false, {tracker.url()});
  leecher.at_once = 1;
  BOOST_TEST(loop.run_until([&] { return leecher.peers.size() == 2; }));
  tracker.stop();
  other.reset();
  companies[1].reset();
  BOOST_TEST(loop.run_until([&] { return leecher.gone == 1 && leecher.complete(); }));
  check_bytes(leecher, files);
}

BOOST_AUTO_TEST_SUITE_END()
