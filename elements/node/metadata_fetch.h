// SPDX-License-Identifier: LGPL-2.1-or-later
// Waits for a magnet link's info dictionary from its peers (BEP 9).
//
// Engine thread only. Exactly one event comes, from the engine's loop; it must not destroy this.
#pragma once

#include "node/engine.h"
#include "node/shared_swarm.h"

#include <functional>
#include <memory>

namespace triad {

class MetadataFetch : private Swarm::Fetcher {
public:
  struct Events {
    std::function<void(const std::vector<std::byte>& info)> done; // its hash agrees
    std::function<void(std::size_t peers)> timed_out; // with so many peers that had not sent it
  };
  MetadataFetch(Engine& engine, std::shared_ptr<SharedSwarm> swarm,
                std::chrono::nanoseconds timeout, Events events);
  ~MetadataFetch() override;
  MetadataFetch(const MetadataFetch&) = delete;
  MetadataFetch& operator=(const MetadataFetch&) = delete;

private:
  void on_metadata(const std::vector<std::byte>& info) override;

  const std::shared_ptr<SharedSwarm> swarm_;
  const Events events_;
  EngineTimer timeout_;
  bool over_ = false;
};

} // namespace triad
