// SPDX-License-Identifier: LGPL-2.1-or-later
// A loop to wait on, and one tracker's seat at a store: what it says is noted.
#pragma once

#include "tracker/store/redis_store.h"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace triad::testing {

// Runs the loop until `holds`; a minute without it is a failure.
template <typename Condition>
void await(boost::asio::io_context& loop, const char* what, Condition holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!holds()) {
    BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < end, "in vain: " << what);
    loop.restart();
    loop.run_one_for(std::chrono::milliseconds(100));
  }
}

struct Delivery {
  tracker::TrackerId home;
  signal::InfoHash swarm;
  signal::PeerId to, from;
  std::string frame;
};

template <typename Id>
Id id_of(std::uint8_t number) {
  Id id;
  id.bytes.fill(number);
  return id;
}
inline signal::InfoHash swarm_of(std::uint8_t number) {
  return id_of<signal::InfoHash>(number);
}
inline signal::PeerId peer_of(std::uint8_t number) {
  return id_of<signal::PeerId>(number);
}

struct StoreSeat {
  StoreSeat(boost::asio::io_context& loop, const std::string& url, tracker::TrackerId self = 1,
            std::chrono::milliseconds timeout = std::chrono::seconds(5)) {
    using namespace std::chrono_literals;
    auto opened = tracker::RedisStore::open(
        loop,
        {.url = url,
         .self = self,
         .seed = self,
         .reply_timeout = timeout,
         .first_retry = 20ms,
         .last_retry = 200ms},
        {[this](const signal::InfoHash& swarm, const tracker::RemoteView& view) {
           views.emplace_back(swarm, view);
         },
         [this](tracker::TrackerId home, const signal::InfoHash& swarm, const signal::PeerId& to,
                const signal::PeerId& from, std::string_view frame) {
           deliveries.push_back({home, swarm, to, from, std::string(frame)});
         },
         [this](std::size_t most) {
           ++rejoins;
           return rejoin && rejoin(most);
         }});
    BOOST_REQUIRE(opened);
    store = std::move(*opened);
  }
  [[nodiscard]] bool ready() const { return store->totals().ready; }

  std::vector<std::pair<signal::InfoHash, tracker::RemoteView>> views;
  std::vector<Delivery> deliveries;
  unsigned rejoins = 0;
  std::function<bool(std::size_t)> rejoin;
  std::unique_ptr<tracker::RedisStore> store;
};

} // namespace triad::testing
