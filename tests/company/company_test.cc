// SPDX-License-Identifier: LGPL-2.1-or-later
// Companies among each other, over links without sockets.
#include "fake_network.h"
#include "nodes.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::kit;
using namespace std::chrono_literals;

namespace {

const std::string tracker = "ws://tracker.example";

struct Setting {
  Loop loop;
  FakeNetwork network{loop.context()};
  std::vector<std::unique_ptr<Company>> companies;
  std::uint8_t last = 0;

  Contents files = small_album();
  ReleasePtr release = make(files);

  static ReleasePtr make(const Contents& files, const std::string& name = "Album") {
    ReleaseSpec spec;
    spec.name = name;
    spec.files = files;
    return make_release(spec);
  }

  Company& company(CompanySettings settings = {}, CompanyHost host = {}) {
    host.context = loop.context();
    settings.upload.rate = settings.upload.rate == 1'000'000 ? -1 : settings.upload.rate;
    ++last;
    companies.push_back(
        std::make_unique<company::CompanyImpl>(host, settings, last, network.seams(last)));
    return *companies.back();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(company_, Setting)

BOOST_AUTO_TEST_CASE(two_meet_and_one_gives_the_whole_release) {
  Member seeder(company(), release, files, true, {tracker}, false);
  Member leecher(company(), release, {}, false, {tracker});
  BOOST_TEST(loop.run_until([&] { return leecher.complete(); }));
  for (std::uint32_t i = 0; i < release->piece_count(); ++i) {
    const auto range = release->piece_range(PieceIndex(i));
    Content bytes(range.size());
    BOOST_REQUIRE(leecher.stock->read(PieceIndex(i), 0, bytes));
    BOOST_TEST((bytes == piece_content(*release, files, PieceIndex(i))));
  }
  BOOST_TEST(leecher.bad == 0u);
  BOOST_TEST(network.connected == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
