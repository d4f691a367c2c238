// SPDX-License-Identifier: LGPL-2.1-or-later
// Nodes for tests: a company, a stock in memory, and a fetcher that wants the whole release, asks
// all peers for it and verifies each piece.
#pragma once

#include "kit/loop.h"
#include "kit/releases.h"
#include "peers/company/company_impl.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace triad::kit {

class MemoryStock final : public Stock {
public:
  MemoryStock(ReleasePtr release, Contents files, bool full);

  [[nodiscard]] std::vector<bool> pieces() const override { return has_; }
  [[nodiscard]] bool read(PieceIndex piece, std::uint32_t begin, std::span<std::byte> out) override;
  void put(PieceIndex piece, Content bytes);
  [[nodiscard]] bool complete() const;
  [[nodiscard]] bool has(PieceIndex piece) const { return has_[piece.value()]; }

  bool lies = false; // gives zeros
  std::uint64_t read_bytes = 0;

private:
  ReleasePtr release_;
  std::vector<bool> has_;
  std::vector<Content> pieces_;
};

// One node's part in one release.
class Member final : public Swarm::Fetcher {
public:
  Member(Company& company, ReleasePtr release, Contents files, bool full,
         std::vector<std::string> trackers, bool fetches = true);
  ~Member() override;

  void on_peer(PeerNumber peer, const std::vector<bool>& has, std::uint32_t max_requests,
               std::chrono::nanoseconds round_trip) override;
  void on_has(PeerNumber peer, PieceIndex piece) override;
  void on_gone(PeerNumber peer) override;
  void on_block(PeerNumber peer, BlockIndex block, Bytes bytes) override;
  void on_refused(PeerNumber peer, BlockIndex block) override;
  void on_choked(PeerNumber, bool) override { ++choked; }
  void on_looking(bool looking) override { looked.push_back(looking); }

  [[nodiscard]] bool complete() const { return stock->complete(); }
  void leave();
  void work(); // asks for what is missing

  ReleasePtr release;
  std::shared_ptr<MemoryStock> stock;
  std::shared_ptr<Swarm> swarm;
  std::vector<bool> looked;
  std::map<PeerNumber, std::set<std::uint32_t>> peers; // the pieces of each
  std::size_t met = 0, gone = 0, choked = 0, refused = 0, bad = 0;
  std::uint64_t received = 0;
  unsigned at_once = 16;
  bool asks = true;
  wire::Urgency urgency = wire::Urgency::playing;
  bool bans = true;

private:
  void check(PieceIndex piece);

  struct Asked {
    PeerNumber peer;
  };
  std::map<BlockIndex, Asked> asked_;
  std::map<BlockIndex, std::pair<PeerNumber, Content>> blocks_;
  bool fetches_;
};

[[nodiscard]] Sha1 hash_of(const Release& release);

} // namespace triad::kit
