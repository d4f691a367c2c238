// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/store/redis_store.h"

#include "tracker/store/cluster.h"
#include "tracker/store/envelope.h"
#include "tracker/store/redis_url.h"
#include "tracker/store/subscription.h"
#include "tracker/store/swarm_keys.h"
#include "tracker/store/wait.h"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <unordered_map>
#include <utility>

namespace triad::tracker {
namespace {

using std::chrono::milliseconds;

// What comes within this time goes to Redis together: a busy swarm is looked at once, not often.
constexpr milliseconds gather_time{5};
// After Redis was away its peers come back at ten thousand a second.
constexpr milliseconds rejoin_pause{50};
constexpr std::size_t rejoin_step = 500;
// So long a tracker that did not listen is left out of views: at first, for it may be connecting
// anew, and in the end, for it is dead and its peers stay in Redis for their lifetime.
constexpr std::chrono::seconds first_silence{1}, last_silence{60};
constexpr std::size_t max_silent = 1000;

std::string channel_of(TrackerId tracker) {
  std::array<char, 48> name{};
  std::snprintf(name.data(), name.size(), "triad:tracker:{%016" PRIx64 "}", tracker);
  return name.data();
}

// What is to be told of and asked about one swarm.
struct Gathered {
  std::vector<redis::Change> changes;
  std::uint32_t downloads = 0;
  bool look = false;
  std::uint32_t own_seeders = 0, own_leechers = 0;
};

struct Silence {
  std::chrono::steady_clock::time_point until;
  std::chrono::seconds length{0};
};

// A view whose answers come one by one.
struct Look {
  signal::InfoHash swarm;
  std::uint32_t own_seeders, own_leechers;
  std::vector<redis::Reply> replies;
};

} // namespace

struct RedisStore::State : std::enable_shared_from_this<State> {
  State(boost::asio::io_context& loop, StoreOptions with, StoreEvents on)
      : options(std::move(with)), events(std::move(on)), gather_timer(loop), rejoin_timer(loop) {}

  StoreOptions options;
  StoreEvents events;
  std::shared_ptr<redis::Cluster> cluster;
  std::shared_ptr<redis::Subscription> subscription;
  boost::asio::steady_timer gather_timer, rejoin_timer;
  std::unordered_map<signal::InfoHash, Gathered> gathered;
  std::unordered_map<TrackerId, Silence> silent;
  int rejoin_rounds = 0;
  bool rejoining = false; // in the middle of a round
  StoreTotals totals;

  Gathered& gather(const signal::InfoHash& swarm);
  void flush();
  void flush(const signal::InfoHash& swarm, Gathered& what);
  void look(const redis::SwarmKeys& keys, const signal::InfoHash& swarm, const Gathered& what,
            milliseconds now);
  void take(Look& look);
  void receive(std::string_view message);
  void note_receivers(TrackerId tracker, const redis::Reply* reply);
  void settled();
  void rejoin();
};

Gathered& RedisStore::State::gather(const signal::InfoHash& swarm) {
  if (gathered.empty()) {
    redis::wait(*this, gather_timer, gather_time, [this] { flush(); });
  }
  return gathered[swarm];
}

void RedisStore::State::flush() {
  for (auto& [swarm, what] : std::exchange(gathered, {})) {
    flush(swarm, what);
  }
}

void RedisStore::State::flush(const signal::InfoHash& swarm, Gathered& what) {
  const redis::SwarmKeys keys(swarm);
  const auto now = cluster->now(keys.slot);
  if (!now) {
    // It is told of all peers when it is back, and they look again.
    totals.dropped += what.changes.size() + what.downloads + (what.look ? 1 : 0);
    return;
  }
  for (std::string& each :
       redis::change_commands(keys, std::move(what.changes), options.self, *now)) {
    cluster->send({std::move(each), keys.slot});
  }
  if (what.downloads > 0) {
    for (std::string& each : redis::completed_commands(keys, what.downloads)) {
      cluster->send({std::move(each), keys.slot});
    }
  }
  if (what.look) {
    look(keys, swarm, what, *now);
  }
}

void RedisStore::State::look(const redis::SwarmKeys& keys, const signal::InfoHash& swarm,
                             const Gathered& what, milliseconds now) {
  const auto look = std::make_shared<Look>(Look{swarm, what.own_seeders, what.own_leechers, {}});
  look->replies.resize(redis::look_size);
  const auto missing = std::make_shared<std::size_t>(redis::look_size);
  std::size_t place = 0;
  for (std::string& each : redis::look_commands(keys, now)) {
    cluster->send(
        {std::move(each), keys.slot, 0, [this, look, missing, place](const redis::Reply* reply) {
           if (reply) {
             look->replies[place] = *reply;
             if (--*missing == 0) {
               take(*look);
             }
           }
         }});
    ++place;
  }
}

void RedisStore::State::take(Look& look) {
  auto view = redis::read_view(look.replies, options.self, look.own_seeders, look.own_leechers);
  if (!view) {
    ++totals.garbled;
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(view->sample, [&](const RemotePeer& peer) {
    const auto found = silent.find(peer.tracker);
    return found != silent.end() && now < found->second.until;
  });
  events.seen(look.swarm, *view);
}

void RedisStore::State::receive(std::string_view message) {
  const auto envelope = redis::parse_envelope(message);
  if (!envelope) {
    ++totals.garbled;
    return;
  }
  ++totals.received;
  events.delivered(envelope->home, envelope->swarm, envelope->to, envelope->from, envelope->frame);
}

// SPUBLISH answers how many took the frame. Nobody: that tracker has died, or is connecting anew.
void RedisStore::State::note_receivers(TrackerId tracker, const redis::Reply* reply) {
  if (reply && reply->kind == redis::Reply::Kind::integer && reply->integer > 0) {
    silent.erase(tracker);
    return;
  }
  ++totals.undelivered;
  if (!reply) {
    return;
  }
  if (silent.size() >= max_silent) {
    silent.clear();
  }
  Silence& its = silent[tracker];
  if (const auto now = std::chrono::steady_clock::now(); now >= its.until) {
    its.length = std::clamp(its.length * 2, first_silence, last_silence);
    its.until = now + its.length;
  }
}

// Redis may have lost anything meanwhile. A round that was under way when it went may have been in
// vain: then a whole one follows.
void RedisStore::State::settled() {
  subscription->follow();
  const bool running = rejoin_rounds > 0;
  rejoin_rounds = rejoining ? 2 : 1;
  if (!running) {
    redis::wait(*this, rejoin_timer, rejoin_pause, [this] { rejoin(); });
  }
}

void RedisStore::State::rejoin() {
  if (!cluster->totals().settled) {
    rejoin_rounds = 0; // settled() begins again
    return;
  }
  rejoining = events.rejoin(rejoin_step);
  rejoin_rounds -= rejoining ? 0 : 1;
  if (rejoin_rounds > 0) {
    redis::wait(*this, rejoin_timer, rejoin_pause, [this] { rejoin(); });
  }
}

Result<std::unique_ptr<RedisStore>> RedisStore::open(boost::asio::io_context& loop,
                                                     StoreOptions options, StoreEvents events) {
  auto url = redis::parse_url(options.url);
  if (!url) {
    return url.error();
  }
  if (url->hosts.size() > 1 && url->database != 0) {
    return Error{ErrorCode::settings,
                 "the store's URL names several hosts and a database, but a Redis Cluster has none",
                 {}};
  }
  const redis::ClusterOptions cluster{std::move(*url), options.seed, options.reply_timeout,
                                      options.first_retry, options.last_retry};
  const auto state = std::make_shared<State>(loop, std::move(options), std::move(events));
  // The parts are State's own, and fall silent with it.
  State* raw = state.get();
  state->cluster = std::make_shared<redis::Cluster>(
      loop, cluster,
      redis::Cluster::Events{[raw] { raw->subscription->follow(); }, [raw] { raw->settled(); }});
  state->subscription = std::make_shared<redis::Subscription>(
      loop, cluster, channel_of(state->options.self), *state->cluster,
      redis::Subscription::Events{[raw](std::string_view message) { raw->receive(message); },
                                  [raw] { ++raw->totals.garbled; }});
  state->cluster->start();
  return std::unique_ptr<RedisStore>(new RedisStore(state));
}

RedisStore::RedisStore(std::shared_ptr<State> state) : state_(std::move(state)) {}

RedisStore::~RedisStore() = default;

void RedisStore::joined(const signal::InfoHash& swarm, const signal::PeerId& peer, bool seeder,
                        std::chrono::seconds lifetime) {
  state_->gather(swarm).changes.push_back(
      {peer, seeder ? redis::Side::seeder : redis::Side::leecher, lifetime});
}

void RedisStore::left(const signal::InfoHash& swarm, const signal::PeerId& peer) {
  state_->gather(swarm).changes.push_back({peer, redis::Side::gone, {}});
}

void RedisStore::completed(const signal::InfoHash& swarm) {
  ++state_->gather(swarm).downloads;
}

void RedisStore::look(const signal::InfoHash& swarm, std::uint32_t own_seeders,
                      std::uint32_t own_leechers) {
  Gathered& gathered = state_->gather(swarm);
  gathered.look = true;
  gathered.own_seeders = own_seeders;
  gathered.own_leechers = own_leechers;
}

void RedisStore::deliver(TrackerId tracker, const signal::InfoHash& swarm, const signal::PeerId& to,
                         const signal::PeerId& from, std::string_view frame) {
  if (frame.empty() || frame.size() > redis::max_envelope_frame) {
    ++state_->totals.dropped;
    return;
  }
  const std::string channel = channel_of(tracker);
  const std::string message = redis::write_envelope({state_->options.self, swarm, to, from, frame});
  state_->cluster->send({redis::command({"SPUBLISH", channel, message}), redis::key_slot(channel),
                         0, [state = state_.get(), tracker](const redis::Reply* reply) {
                           state->note_receivers(tracker, reply);
                         }});
}

StoreTotals RedisStore::totals() const {
  const redis::ClusterTotals& cluster = state_->cluster->totals();
  StoreTotals totals = state_->totals;
  totals.ready = cluster.settled && state_->subscription->ready();
  totals.trouble = cluster.trouble;
  totals.commands = cluster.commands;
  totals.redirections = cluster.redirections;
  totals.reconnections = cluster.reconnections;
  totals.dropped += cluster.dropped;
  totals.refused = cluster.refused;
  return totals;
}

} // namespace triad::tracker
