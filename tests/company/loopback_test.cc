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
  Loop loop;
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

BOOST_AUTO_TEST_SUITE_END()
