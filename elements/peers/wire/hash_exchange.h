// SPDX-License-Identifier: LGPL-2.1-or-later
// Collects the v2 piece layers of a release from peers (BEP 52's hash messages), so that a magnet
// link's release is whole. Pure: the caller carries the messages, knows the peers and the time.
//
// For each peer that can be asked: while next() gives a request, Conversation::request_hashes() it;
// hand each answer in. A peer that lets a request wait too long is to be taken out with gone().
#pragma once

#include "peers/wire/hash_tree.h"

#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace triad::wire {

class HashExchange {
public:
  using Peer = std::uint32_t; // as the caller numbers them
  // Requests outstanding with one peer.
  static constexpr std::size_t at_once = 4;

  // `release` without layers. Errors: bad_metainfo (its layers are larger than a metainfo file may
  // be).
  [[nodiscard]] static Result<HashExchange> make(ReleasePtr release);

  // What to ask of this peer now; nothing if it has enough to do, or all is asked for.
  [[nodiscard]] std::optional<HashRequest> next(Peer peer);
  // An answer. Errors: bad_message (it was not asked for, or the peer lied): close its link.
  [[nodiscard]] Status received(Peer peer, const HashRequest& request, Bytes hashes);
  // It won't answer this request; it isn't asked for that again.
  void rejected(Peer peer, const HashRequest& request);
  void gone(Peer peer);

  [[nodiscard]] bool complete() const { return missing_ == 0; }
  // The release with its layers. Only when complete(). Errors: bad_metainfo (it says two lengths of
  // files with the same root).
  [[nodiscard]] Result<ReleasePtr> release() const;

private:
  // A part of a layer: what one request brings.
  struct Part {
    FileIndex file;
    std::uint32_t number = 0;
    std::vector<Sha256> hashes; // empty until it has come
    std::set<Peer> asked;       // now
    std::set<Peer> refused;
  };

  explicit HashExchange(ReleasePtr release);
  [[nodiscard]] HashRequest request_of(const Part& part) const;
  [[nodiscard]] Part* find(Peer peer, const HashRequest& request);

  ReleasePtr release_;
  std::map<FileIndex, LayerShape> shapes_;
  std::vector<Part> parts_;
  std::size_t missing_ = 0;
};

} // namespace triad::wire
