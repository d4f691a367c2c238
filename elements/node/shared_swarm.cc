// SPDX-License-Identifier: LGPL-2.1-or-later
// Tells a swarm what is had.
#include "node/shared_swarm.h"

namespace triad {

SharedSwarm::SharedSwarm(std::shared_ptr<Swarm> swarm, std::vector<std::string> trackers,
                         bool local)
    : swarm_(std::move(swarm)), trackers_(std::move(trackers)), local_(local) {}

SharedSwarm::~SharedSwarm() {
  if (entry_)
    entry_->remove(this);
}

void SharedSwarm::follow(std::shared_ptr<SharedEntry> entry) {
  entry_ = std::move(entry);
  entry_->add(this);
}

void SharedSwarm::on_stored(PieceIndex piece) {
  if (entry_->gives(piece))
    swarm_->have(piece);
}

void SharedSwarm::on_lost(PieceIndex piece) {
  swarm_->lost(piece);
}

} // namespace triad
