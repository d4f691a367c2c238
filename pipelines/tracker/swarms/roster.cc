// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/swarms/roster.h"

#include <array>
#include <cstring>
#include <utility>

namespace triad::tracker {

std::uint64_t Roster::hash(const signal::InfoHash& info_hash) const {
  return keyed_hash(key_, info_hash.bytes);
}

std::uint64_t Roster::hash(Index swarm, const signal::PeerId& id) const {
  std::array<std::uint8_t, sizeof swarm + sizeof id> bytes;
  std::memcpy(bytes.data(), &swarm, sizeof swarm);
  std::memcpy(bytes.data() + sizeof swarm, id.bytes.data(), sizeof id);
  return keyed_hash(key_, bytes);
}

Index Roster::find(const signal::InfoHash& info_hash) const {
  return swarm_table_.find(hash(info_hash),
                           [&](Index i) { return swarms_[i].info_hash == info_hash; });
}

Index Roster::find(Index swarm, const signal::PeerId& id) const {
  return peer_table_.find(hash(swarm, id),
                          [&](Index i) { return peers_[i].swarm == swarm && peers_[i].id == id; });
}

Index Roster::open(const signal::InfoHash& info_hash) {
  const Index index = swarms_.take();
  swarms_[index].info_hash = info_hash;
  swarm_table_.insert(hash(info_hash), index);
  return index;
}

void Roster::close(Index swarm) {
  swarm_table_.erase(hash(swarms_[swarm].info_hash), swarm);
  swarms_.give(swarm);
}

Index Roster::join(Index swarm, const signal::PeerId& id, Link link, std::uint32_t now) {
  const Index index = peers_.take();
  Peer& peer = peers_[index];
  peer.id = id;
  peer.swarm = swarm;
  peer.link = link;
  peer.heard = now;
  peer.standing = Standing::seeder; // where a new member lies
  Swarm& its = swarms_[swarm];
  peer.place = its.size();
  its.members.push_back(index);
  ++its.seeders, ++seeders_;
  shift(its, index, Standing::leecher);
  peer_table_.insert(hash(swarm, id), index);
  link_youngest(index);
  link_connection(index);
  return index;
}

void Roster::leave(Index index) {
  Peer& peer = peers_[index];
  Swarm& its = swarms_[peer.swarm];
  shift(its, index, Standing::seeder);
  swap_members(its, peer.place, its.size() - 1);
  its.members.pop_back();
  --its.seeders, --seeders_;
  if (its.members.size() * 4 < its.members.capacity() && its.members.capacity() > 16)
    its.members.shrink_to_fit();
  peer_table_.erase(hash(peer.swarm, peer.id), index);
  unlink_age(index);
  unlink_connection(index);
  peers_.give(index);
}

void Roster::stand(Index index, Standing standing) {
  shift(swarms_[peers_[index].swarm], index, standing);
}

void Roster::hear(Index index, std::uint32_t now) {
  unlink_age(index);
  peers_[index].heard = now;
  link_youngest(index);
}

void Roster::move(Index index, Link link) {
  unlink_connection(index);
  peers_[index].link = link;
  link_connection(index);
}

// Each step swaps the peer to its part's edge and moves the edge over it.
void Roster::shift(Swarm& swarm, Index index, Standing to) {
  Peer& peer = peers_[index];
  while (peer.standing < to) {
    if (peer.standing == Standing::excluded) {
      swap_members(swarm, peer.place, --swarm.excluded);
      peer.standing = Standing::leecher;
    } else {
      swap_members(swarm, peer.place, swarm.leechers() - 1);
      ++swarm.seeders, ++seeders_;
      peer.standing = Standing::seeder;
    }
  }
  while (peer.standing > to) {
    if (peer.standing == Standing::seeder) {
      swap_members(swarm, peer.place, swarm.leechers());
      --swarm.seeders, --seeders_;
      peer.standing = Standing::leecher;
    } else {
      swap_members(swarm, peer.place, swarm.excluded++);
      peer.standing = Standing::excluded;
    }
  }
}

void Roster::swap_members(Swarm& swarm, Index a, Index b) {
  std::swap(swarm.members[a], swarm.members[b]);
  peers_[swarm.members[a]].place = a;
  peers_[swarm.members[b]].place = b;
}

void Roster::link_youngest(Index index) {
  Peer& peer = peers_[index];
  peer.older = youngest_;
  peer.newer = none;
  (youngest_ == none ? oldest_ : peers_[youngest_].newer) = index;
  youngest_ = index;
}

void Roster::unlink_age(Index index) {
  const Peer& peer = peers_[index];
  (peer.older == none ? oldest_ : peers_[peer.older].newer) = peer.newer;
  (peer.newer == none ? youngest_ : peers_[peer.newer].older) = peer.older;
}

void Roster::link_connection(Index index) {
  Peer& peer = peers_[index];
  Connection& connection = connections_[peer.link.connection];
  peer.next = connection.first;
  peer.previous = none;
  if (peer.next != none)
    peers_[peer.next].previous = index;
  connection.first = index;
  ++connection.peers;
}

void Roster::unlink_connection(Index index) {
  const Peer& peer = peers_[index];
  Connection& connection = connections_[peer.link.connection];
  (peer.previous == none ? connection.first : peers_[peer.previous].next) = peer.next;
  if (peer.next != none)
    peers_[peer.next].previous = peer.previous;
  --connection.peers;
}

Index Roster::next_from(Index start) const {
  for (; start < peers_.end(); ++start)
    if (peers_[start].swarm != none)
      return start;
  return none;
}

Link Roster::link(ConnectionId connection) {
  if (connection >= connections_.size())
    connections_.resize(std::size_t{connection} + 1);
  Connection& its = connections_[connection];
  if (!its.alive)
    its.alive = true, ++connections_alive_;
  return {connection, its.life};
}

bool Roster::lives(Link link) const {
  return link.connection < connections_.size() && connections_[link.connection].alive &&
         connections_[link.connection].life == link.life;
}

void Roster::end(ConnectionId connection) {
  if (connection >= connections_.size() || !connections_[connection].alive)
    return;
  connections_[connection].alive = false;
  ++connections_[connection].life;
  --connections_alive_;
}

Index Roster::first_of(ConnectionId connection) const {
  return connection < connections_.size() ? connections_[connection].first : none;
}

std::uint32_t Roster::peers_of(ConnectionId connection) const {
  return connection < connections_.size() ? connections_[connection].peers : 0;
}

} // namespace triad::tracker
