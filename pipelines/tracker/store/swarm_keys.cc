// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/store/swarm_keys.h"

#include "release/hashes.h"
#include "tracker/store/tracker_bytes.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

namespace triad::tracker::redis {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t peer_bytes = 20;
constexpr std::string_view sample_seeders = "16", sample_leechers = "32";
// A key outlives its last member's time, so that it never takes a peer with it too early.
constexpr milliseconds slack = std::chrono::minutes(1);
// After the last download a release's counter stays for 30 days.
constexpr std::string_view counter_seconds = "2592000";

std::string member(const signal::PeerId& peer, TrackerId tracker) {
  std::string text(reinterpret_cast<const char*>(peer.bytes.data()), peer_bytes);
  append_tracker(text, tracker);
  return text;
}

// "ZADD key score member ...", "ZREM key member ..." and so on, as they are put together.
class Words {
public:
  Words(std::string_view name, const std::string& key) : words_{std::string(name), key} {}
  void add(std::string word) { words_.push_back(std::move(word)); }
  [[nodiscard]] bool any() const { return words_.size() > 2; }
  [[nodiscard]] std::string encoded() const {
    const std::vector<std::string_view> views(words_.begin(), words_.end());
    std::string out;
    append_command(out, views);
    return out;
  }

private:
  std::vector<std::string> words_;
};

void keep_last(std::vector<Change>& changes) {
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.peer < b.peer; });
  // unique() keeps the first of equals, and the last one is wanted.
  const auto end = std::unique(changes.rbegin(), changes.rend(),
                               [](const Change& a, const Change& b) { return a.peer == b.peer; });
  changes.erase(changes.begin(), end.base());
}

std::uint32_t bounded(std::int64_t number) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(number, 0, std::numeric_limits<std::uint32_t>::max()));
}

std::optional<std::uint32_t> read_counter(const Reply& reply) {
  if (reply.kind == Reply::Kind::nil) {
    return 0;
  }
  std::int64_t number = 0;
  const char* end = reply.text.data() + reply.text.size();
  const auto [stop, error] = std::from_chars(reply.text.data(), end, number);
  if (reply.kind != Reply::Kind::text || error != std::errc() || stop != end) {
    return std::nullopt;
  }
  return bounded(number);
}

bool read_sample(const Reply& reply, bool seeder, TrackerId self, std::vector<RemotePeer>& sample) {
  if (reply.kind != Reply::Kind::array) {
    return false;
  }
  for (const Reply& each : reply.elements) {
    if (each.text.size() != peer_bytes + tracker_bytes) {
      return false;
    }
    RemotePeer peer{{}, read_tracker(std::string_view(each.text).substr(peer_bytes)), seeder};
    std::memcpy(peer.peer.bytes.data(), each.text.data(), peer_bytes);
    if (peer.tracker != self) {
      sample.push_back(peer);
    }
  }
  return true;
}

} // namespace

SwarmKeys::SwarmKeys(const signal::InfoHash& swarm) {
  const std::string tagged = "triad:{" + hex(std::as_bytes(std::span(swarm.bytes))) + "}:";
  seeders = tagged + "seeders";
  leechers = tagged + "leechers";
  downloaded = tagged + "downloaded";
  slot = key_slot(tagged);
}

std::vector<std::string> change_commands(const SwarmKeys& keys, std::vector<Change> changes,
                                         TrackerId self, milliseconds now) {
  keep_last(changes);
  std::vector<std::string> commands;
  for (const Side side : {Side::seeder, Side::leecher}) {
    const std::string& key = side == Side::seeder ? keys.seeders : keys.leechers;
    Words add("ZADD", key), remove("ZREM", key), expire("PEXPIRE", key);
    milliseconds longest{0};
    for (const Change& each : changes) {
      if (each.side == side) {
        add.add(std::to_string((now + each.lifetime).count()));
        add.add(member(each.peer, self));
        longest = std::max<milliseconds>(longest, each.lifetime);
      } else {
        remove.add(member(each.peer, self));
      }
    }
    if (remove.any()) {
      commands.push_back(remove.encoded());
    }
    if (add.any()) {
      commands.push_back(add.encoded());
      expire.add(std::to_string((longest + slack).count()));
      commands.push_back(expire.encoded());
    }
  }
  return commands;
}

std::vector<std::string> completed_commands(const SwarmKeys& keys, std::uint32_t downloads) {
  return {command({"INCRBY", keys.downloaded, std::to_string(downloads)}),
          command({"EXPIRE", keys.downloaded, counter_seconds})};
}

std::array<std::string, look_size> look_commands(const SwarmKeys& keys, milliseconds now) {
  const std::string time = std::to_string(now.count());
  return {command({"ZREMRANGEBYSCORE", keys.seeders, "-inf", time}),
          command({"ZREMRANGEBYSCORE", keys.leechers, "-inf", time}),
          command({"ZCARD", keys.seeders}),
          command({"ZCARD", keys.leechers}),
          command({"ZRANDMEMBER", keys.seeders, sample_seeders}),
          command({"ZRANDMEMBER", keys.leechers, sample_leechers}),
          command({"GET", keys.downloaded})};
}

std::optional<RemoteView> read_view(std::span<const Reply> replies, TrackerId self,
                                    std::uint32_t own_seeders, std::uint32_t own_leechers) {
  for (std::size_t i = 0; i < 4; ++i) {
    if (replies[i].kind != Reply::Kind::integer) {
      return std::nullopt;
    }
  }
  RemoteView view;
  const auto downloaded = read_counter(replies[6]);
  if (!downloaded || !read_sample(replies[4], true, self, view.sample) ||
      !read_sample(replies[5], false, self, view.sample)) {
    return std::nullopt;
  }
  // Our own may not have arrived yet, or not be gone yet.
  view.seeders = bounded(replies[2].integer - own_seeders);
  view.leechers = bounded(replies[3].integer - own_leechers);
  view.downloaded = *downloaded;
  return view;
}

} // namespace triad::tracker::redis
