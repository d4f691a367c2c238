// SPDX-License-Identifier: LGPL-2.1-or-later
// Swarms that several trackers share, in Redis 7: single, or a Redis Cluster.
#pragma once

#include "release/result.h"
#include "tracker/store/store_totals.h"
#include "tracker/swarms/elsewhere.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace boost::asio {
class io_context;
}

namespace triad::tracker {

// What the store has to say: to Swarms' inputs of the same names. Called on the loop's thread and
// never from within a call to the store.
struct StoreEvents {
  std::function<void(const signal::InfoHash& swarm, const RemoteView& view)> seen;
  std::function<void(TrackerId home, const signal::InfoHash& swarm, const signal::PeerId& to,
                     const signal::PeerId& from, std::string_view frame)>
      delivered;
  // Swarms::rejoin_elsewhere(): tell the store of `most` further peers; false: that was all.
  std::function<bool(std::size_t most)> rejoin;
};

struct StoreOptions {
  std::string url;        // redis://[[user]:password@]host[:port][,host[:port]...][/database]
  TrackerId self = 0;     // random
  std::uint64_t seed = 0; // rules the jitter of back-offs
  std::chrono::milliseconds reply_timeout{5000}; // a node that is silent for longer is given up
  std::chrono::milliseconds first_retry{100};    // doubles up to last_retry
  std::chrono::milliseconds last_retry{2000};
};

// One thread: that of `loop`. Nothing here waits, and nothing throws because Redis is away.
class RedisStore final : public Elsewhere {
public:
  // Connects by and by, as the loop runs. Errors: settings (the URL).
  [[nodiscard]] static Result<std::unique_ptr<RedisStore>>
  open(boost::asio::io_context& loop, StoreOptions options, StoreEvents events);
  // Not from within an event. The loop may go on; no event comes any more.
  ~RedisStore();
  RedisStore(const RedisStore&) = delete;
  RedisStore& operator=(const RedisStore&) = delete;

  void joined(const signal::InfoHash& swarm, const signal::PeerId& peer, bool seeder,
              std::chrono::seconds lifetime) override;
  void left(const signal::InfoHash& swarm, const signal::PeerId& peer) override;
  void completed(const signal::InfoHash& swarm) override;
  void look(const signal::InfoHash& swarm, std::uint32_t own_seeders,
            std::uint32_t own_leechers) override;
  void deliver(TrackerId tracker, const signal::InfoHash& swarm, const signal::PeerId& to,
               const signal::PeerId& from, std::string_view frame) override;

  [[nodiscard]] StoreTotals totals() const;

private:
  struct State;
  explicit RedisStore(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

} // namespace triad::tracker
