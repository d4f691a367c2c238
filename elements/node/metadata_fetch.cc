// SPDX-License-Identifier: LGPL-2.1-or-later
// A fetcher that wants nothing but the metadata.
#include "node/metadata_fetch.h"

namespace triad {

MetadataFetch::MetadataFetch(Engine& engine, std::shared_ptr<SharedSwarm> swarm,
                             std::chrono::nanoseconds timeout, Events events)
    : swarm_(std::move(swarm)), events_(std::move(events)), timeout_(engine) {
  swarm_->swarm().add(this);
  timeout_.start(timeout, [this] {
    if (!std::exchange(over_, true))
      events_.timed_out(swarm_->swarm().links());
  });
}

MetadataFetch::~MetadataFetch() {
  swarm_->swarm().remove(this);
}

void MetadataFetch::on_metadata(const std::vector<std::byte>& info) {
  timeout_.stop();
  if (!std::exchange(over_, true))
    events_.done(info);
}

} // namespace triad
