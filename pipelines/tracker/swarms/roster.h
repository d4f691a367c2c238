// SPDX-License-Identifier: LGPL-2.1-or-later
// Who is in which swarm and on which connection. Every step is O(1); knows no rules.
#pragma once

#include "tracker/swarms/index_table.h"
#include "tracker/swarms/keyed_hash.h"
#include "tracker/swarms/peer.h"
#include "tracker/swarms/pool.h"
#include "tracker/swarms/swarm.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace triad::tracker {

class Roster {
public:
  explicit Roster(const HashKey& key) : key_(key) {}

  [[nodiscard]] Index find(const signal::InfoHash& info_hash) const;
  [[nodiscard]] Index find(Index swarm, const signal::PeerId& id) const;
  [[nodiscard]] Swarm& swarm(Index index) { return swarms_[index]; }
  [[nodiscard]] const Swarm& swarm(Index index) const { return swarms_[index]; }
  [[nodiscard]] Peer& peer(Index index) { return peers_[index]; }
  [[nodiscard]] const Peer& peer(Index index) const { return peers_[index]; }

  // Not there yet. An empty swarm has to be closed by who opened it.
  Index open(const signal::InfoHash& info_hash);
  // Without members.
  void close(Index swarm);

  // Not there yet; a leecher, heard now. `now`: seconds since the tracker's start, never less than
  // before.
  Index join(Index swarm, const signal::PeerId& id, Link link, std::uint32_t now);
  void leave(Index peer);
  void stand(Index peer, Standing standing);
  void hear(Index peer, std::uint32_t now);
  void move(Index peer, Link link);
  // The one heard longest ago, or none.
  [[nodiscard]] Index oldest() const { return oldest_; }
  // The first at or after `start` in an order that no other peer's coming or going changes, or
  // none.
  [[nodiscard]] Index next_from(Index start) const;

  // Opens the connection's life if need be.
  [[nodiscard]] Link link(ConnectionId connection);
  [[nodiscard]] bool lives(Link link) const;
  // Without peers: they left before.
  void end(ConnectionId connection);
  // One peer of the connection, or none.
  [[nodiscard]] Index first_of(ConnectionId connection) const;
  [[nodiscard]] std::uint32_t peers_of(ConnectionId connection) const;

  // In the order in which they lie in memory, until `visit(index)` is false.
  template <typename Visit>
  void for_each_swarm(const Visit& visit) const {
    for (Index index = 0; index < swarms_.end(); ++index)
      if (swarms_[index].size() > 0 && !visit(index))
        return;
  }
  [[nodiscard]] std::size_t swarms() const { return swarms_.size(); }
  [[nodiscard]] std::size_t peers() const { return peers_.size(); }
  [[nodiscard]] std::size_t seeders() const { return seeders_; }
  [[nodiscard]] std::size_t connections() const { return connections_alive_; }

private:
  struct Connection {
    Index first = none;
    std::uint32_t peers = 0;
    std::uint32_t life = 0; // how many ended
    bool alive = false;
  };

  [[nodiscard]] std::uint64_t hash(const signal::InfoHash& info_hash) const;
  [[nodiscard]] std::uint64_t hash(Index swarm, const signal::PeerId& id) const;
  void shift(Swarm& swarm, Index peer, Standing to);
  void swap_members(Swarm& swarm, Index a, Index b);
  void link_youngest(Index index);
  void unlink_age(Index index);
  void link_connection(Index index);
  void unlink_connection(Index index);

  HashKey key_;
  Pool<Swarm> swarms_;
  Pool<Peer> peers_;
  IndexTable swarm_table_;
  IndexTable peer_table_;
  std::vector<Connection> connections_; // by their small numbers
  Index oldest_ = none, youngest_ = none;
  std::size_t seeders_ = 0;
  std::size_t connections_alive_ = 0;
};

} // namespace triad::tracker
