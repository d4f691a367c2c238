// SPDX-License-Identifier: LGPL-2.1-or-later
// What a swarm tells of its peers, as the schedule hears it.
#include "kit/releases.h"
#include "node/peer_supplier.h"

#include <boost/test/unit_test.hpp>

using namespace triad;

namespace {

// Has no peers of its own: the test speaks to who fetches.
class QuietSwarm final : public Swarm {
public:
  void add(Fetcher* one) override { fetcher = one; }
  void remove(Fetcher*) override { fetcher = nullptr; }
  void request(Fetcher*, PeerNumber, BlockIndex, wire::Urgency) override {}
  void cancel(Fetcher*, PeerNumber, BlockIndex) override {}
  void ban(PeerNumber, const std::string&) override {}
  void have(PieceIndex) override {}
  void lost(PieceIndex) override {}
  void set_release(ReleasePtr, std::shared_ptr<Stock>) override {}
  [[nodiscard]] std::vector<PeerFacts> peers() const override { return facts; }
  [[nodiscard]] std::uint64_t identity() const override { return 0; }
  [[nodiscard]] std::size_t links() const override { return facts.size(); }

  Fetcher* fetcher = nullptr;
  std::vector<PeerFacts> facts;
};

struct Supplied {
  Supplied() {
    kit::ReleaseSpec spec;
    spec.piece_length = 64 * 1024;
    spec.files["1.mp3"] = kit::random_content(1, 200'000);
    PeerSupplier::Events into;
    into.tell = [this](ScheduleEvent event) { told.push_back(std::move(event)); };
    into.hopes_changed = [] {};
    supplier = std::make_unique<PeerSupplier>(
        std::make_shared<SharedSwarm>(swarm, std::vector<std::string>(), false),
        kit::make_release(spec), std::move(into));
  }
  void meet(PeerNumber number, std::optional<std::uint64_t> identity) {
    swarm->facts.emplace_back();
    swarm->facts.back().number = number;
    swarm->facts.back().identity = identity;
    swarm->fetcher->on_peer(number, {}, 250, std::chrono::nanoseconds(0));
  }
  template <typename Event>
  const Event& last() const {
    BOOST_REQUIRE(!told.empty());
    return std::get<Event>(told.back());
  }

  std::shared_ptr<QuietSwarm> swarm = std::make_shared<QuietSwarm>();
  std::vector<ScheduleEvent> told;
  std::unique_ptr<PeerSupplier> supplier;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(peer_supplier, Supplied)

BOOST_AUTO_TEST_CASE(each_peer_keeps_its_number_that_all_know_it_by) {
  meet(PeerNumber{1}, 77);
  BOOST_TEST((last<SupplierAdded>().identity == 77u));
  meet(PeerNumber{2}, std::nullopt); // no Triad node
  BOOST_TEST((last<SupplierAdded>().identity == std::nullopt));
}

BOOST_AUTO_TEST_CASE(a_choke_is_told_and_its_end_and_the_peer_stays) {
  meet(PeerNumber{1}, std::nullopt);
  const SupplierId peer = last<SupplierAdded>().supplier;
  swarm->fetcher->on_choked(PeerNumber{1}, true);
  BOOST_TEST((last<SupplierChoked>().supplier == peer));
  BOOST_TEST(last<SupplierChoked>().choked);
  swarm->fetcher->on_choked(PeerNumber{1}, false);
  BOOST_TEST(!last<SupplierChoked>().choked);
  BOOST_TEST(told.size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
