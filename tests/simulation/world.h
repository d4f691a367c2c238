// SPDX-License-Identifier: LGPL-2.1-or-later
// Many nodes in simulated time: lines, a tracker, servers, titles to play. What decides in them are
// the plugin's own libraries: Schedule, wire::Conversation, Uploads. The same seed gives the same
// day.
#pragma once

#include "kit/fake_clock.h"
#include "kit/random.h"
#include "release/release.h"
#include "schedule/schedule.h"

#include <memory>
#include <string>
#include <vector>

namespace triad::kit {

class Node;

struct Title { // an album
  ReleasePtr release;
  Sha1 hash{};
  double byte_rate = 40'000;
};

// One node's access to the network: asymmetric, first come first served in each direction.
struct LineSpec {
  double up = 125e3, down = 2e6;                  // bytes per second
  Duration delay = std::chrono::milliseconds(15); // one way, to the middle of the network
  Duration jitter{0};                             // up to this is added to each way of a message
};

struct NodeSpec {
  LineSpec line;
  std::int64_t upload_rate = 1'000'000; // as UploadSettings::rate
  double lies = 0;                      // of its blocks have wrong bytes
  bool mute = false;                    // takes requests, and never sends a block
  bool peers = true;                    // else it uses the server alone
  double server_rate = 2e6;             // bytes per second, that the server gives it
  Duration server_delay = std::chrono::milliseconds(50);
};

class World {
public:
  explicit World(std::uint64_t seed);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  FakeClock clock;
  Random random;
  std::vector<Title> titles;
  bool server_up = true;

  // Of `tracks` tracks of `seconds` each.
  std::size_t add_title(int tracks, double seconds, double byte_rate = 40'000,
                        std::uint32_t piece_length = 32 * 1024);
  Node& add(const NodeSpec& spec);
  void run(Duration duration) { clock.run_until(clock.now() + duration); }

  [[nodiscard]] const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }
  // At most `count` others, by lot, that are online and announce the title.
  [[nodiscard]] std::vector<Node*> introduce(const Node& to, std::size_t title, std::size_t count);

  // Payloads are shared: a block costs the copies that the conversation makes, and no more.
  [[nodiscard]] Bytes right_bytes(std::size_t size) const { return {right_.data(), size}; }
  [[nodiscard]] Bytes wrong_bytes(std::size_t size) const { return {wrong_.data(), size}; }

  struct Totals {
    std::uint64_t server = 0, peers = 0; // bytes of blocks that came, wasted and bad ones included
    std::uint64_t wasted = 0;            // of blocks that were had already
    std::uint64_t bad = 0;               // of pieces that failed
    std::uint64_t cached = 0;            // that were there when a track began
    std::uint64_t blocks = 0, messages = 0, wire_bytes = 0;
    std::uint64_t plays = 0, stalled_plays = 0, chokes = 0, rejects = 0, bans = 0;
    Duration stalled{0}, longest_start{0};
    std::vector<Duration> starts;

    [[nodiscard]] double server_share() const {
      return static_cast<double>(server) /
             static_cast<double>(std::max<std::uint64_t>(1, server + peers));
    }
    [[nodiscard]] double wasted_share() const {
      return static_cast<double>(wasted) /
             static_cast<double>(std::max<std::uint64_t>(1, server + peers));
    }
  };
  Totals totals;
  // What must never be: a conversation that broke, a request that is answered twice, ...
  std::vector<std::string> violations;

private:
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::byte> right_, wrong_;
};

} // namespace triad::kit
