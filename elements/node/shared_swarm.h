// SPDX-License-Identifier: LGPL-2.1-or-later
// A release's swarm, shared by all downloads of the release in a node; it hears what the cache
// gains and loses.
//
// Engine thread only.
#pragma once

#include "node/shared_entry.h"
#include "peers/company/company.h"

#include <memory>
#include <string>
#include <vector>

namespace triad {

class SharedSwarm : private SharedEntry::Listener {
public:
  // `local`: its trackers may be at private addresses.
  SharedSwarm(std::shared_ptr<Swarm> swarm, std::vector<std::string> trackers, bool local);
  ~SharedSwarm() override;
  SharedSwarm(const SharedSwarm&) = delete;
  SharedSwarm& operator=(const SharedSwarm&) = delete;

  // From now on the entry's pieces are what is given. Once.
  void follow(std::shared_ptr<SharedEntry> entry);
  [[nodiscard]] bool follows() const { return entry_ != nullptr; }

  [[nodiscard]] Swarm& swarm() const { return *swarm_; }
  [[nodiscard]] const std::vector<std::string>& trackers() const { return trackers_; }
  [[nodiscard]] bool local() const { return local_; }

private:
  void on_stored(PieceIndex piece) override;
  void on_lost(PieceIndex piece) override;
  void on_gained(PieceIndex piece) override { on_stored(piece); }

  const std::shared_ptr<Swarm> swarm_;
  const std::vector<std::string> trackers_;
  const bool local_;
  std::shared_ptr<SharedEntry> entry_;
};

} // namespace triad
