// SPDX-License-Identifier: LGPL-2.1-or-later
// Several trackers' swarms in one process, joined by a store of plain maps.
#pragma once

#include "tracker/swarms/fixture.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace triad::tracker {

// What every tracker told, and what waits to be brought to one.
class FakeStore {
public:
  class Seam final : public Elsewhere {
  public:
    Seam(FakeStore& store, TrackerId tracker) : store_(store), tracker_(tracker) {}
    void joined(const signal::InfoHash& swarm, const signal::PeerId& peer, bool seeder,
                std::chrono::seconds lifetime) override;
    void left(const signal::InfoHash& swarm, const signal::PeerId& peer) override;
    void completed(const signal::InfoHash& swarm) override;
    void look(const signal::InfoHash& swarm, std::uint32_t own_seeders,
              std::uint32_t own_leechers) override;
    void deliver(TrackerId tracker, const signal::InfoHash& swarm, const signal::PeerId& to,
                 const signal::PeerId& from, std::string_view frame) override;
    unsigned joins = 0, looks = 0, deliveries = 0;
    std::uint32_t own_seeders = 0, own_leechers = 0; // as the last look said

  private:
    FakeStore& store_;
    TrackerId tracker_;
  };

  // One tracker, with the id of its place. Connections are numbered for each anew.
  SwarmsFixture& add(const SwarmsSettings& settings = {});
  void kill(TrackerId tracker) { trackers_[tracker].fixture.reset(); }
  SwarmsFixture& tracker(TrackerId id) { return *trackers_[id].fixture; }
  Seam& seam(TrackerId id) { return *trackers_[id].seam; }

  // Brings all that waits, and what comes of it.
  void run();
  void pass(std::chrono::milliseconds time); // for all, with expire()

  bool away = false;
  bool slow = false;       // views wait until it is not
  std::size_t sample = 32; // of each side

private:
  struct Known {
    TrackerId tracker;
    bool seeder;
    Time until;
  };
  struct Tracker {
    std::unique_ptr<Seam> seam;
    std::unique_ptr<SwarmsFixture> fixture;
  };

  [[nodiscard]] RemoteView view(const signal::InfoHash& swarm, TrackerId asking) const;

  Time now_{0};
  std::vector<Tracker> trackers_;
  std::map<signal::InfoHash, std::map<signal::PeerId, Known>> peers_;
  std::map<signal::InfoHash, std::uint32_t> downloaded_;
  std::deque<std::function<void()>> waiting_;
  std::deque<std::function<void()>> late_;
};

} // namespace triad::tracker
