// SPDX-License-Identifier: LGPL-2.1-or-later
// A Company of scripted peers: they have a release's bytes, and deliver, lie, refuse, keep silent
// or leave as the test says.
#pragma once

#include "kit/releases.h"
#include "node/engine.h"
#include "node/peers.h"

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace triad::test {

inline constexpr std::uint64_t own_identity = 1000; // of the node

struct FakePeer {
  enum class Does { deliver, lie, refuse, keep_silent };
  std::string id;
  Does does = Does::deliver;
  std::function<bool(PieceIndex)> has;  // empty: all
  std::optional<unsigned> lies_for;     // blocks; then it delivers
  std::optional<unsigned> leaves_after; // blocks
  std::chrono::nanoseconds round_trip{0};
  std::optional<std::uint64_t> identity; // of a Triad node
};

// Takes the place of all Companies made while it lives. Any thread.
class FakeWorld {
public:
  FakeWorld();
  ~FakeWorld();
  FakeWorld(const FakeWorld&) = delete;
  FakeWorld& operator=(const FakeWorld&) = delete;

  void set_content(kit::Contents files); // of the one release that there is
  void add(FakePeer peer);               // to swarms that are there and to those that come
  void remove_all_peers();
  void set_looking(bool looking);
  void give_metadata(std::vector<std::byte> info);
  void give_layers(ReleasePtr whole); // to who has the release without

  // What was asked of the Company. Written on the engine's thread.
  struct Record {
    unsigned companies = 0; // made
    std::vector<SwarmOptions> joined;
    std::vector<CompanySettings> settings; // at first, and as set later
    std::vector<std::string> banned;       // ids
    std::vector<PieceIndex> had, lost;
    std::map<std::string, unsigned> requests; // blocks by peer
    std::map<std::string, unsigned> cancels;
    std::vector<std::optional<std::chrono::nanoseconds>> leads;
    unsigned swarms = 0; // alive
    ReleasePtr release;
    std::shared_ptr<Stock> stock;
    CompanyHost host;
  };
  [[nodiscard]] Record record() const;
  // Until `done` is true of the record; false after a long time.
  [[nodiscard]] bool wait(const std::function<bool(const Record&)>& done) const;

  struct State;

private:
  std::shared_ptr<State> state_; // lingering nodes keep their Companies
};

// Runs it on the engine's thread and waits.
void on_engine(const std::function<void()>& task);

} // namespace triad::test
