// SPDX-License-Identifier: LGPL-2.1-or-later
// Collects the info dictionary of a magnet link from peers (BEP 9). Pure: the caller carries the
// messages, knows the peers and the time.
//
// Tell offered() what each peer's extension handshake says; while next() gives a part,
// Conversation::request_metadata() it; hand each answer in. A peer that lets a part wait too long
// is to be taken out with gone().
//
// Peers that say the same size bring its parts together. If the hash of these is wrong nobody knows
// who lied: from then on each brings the whole alone, and who is wrong then has lied.
#pragma once

#include "peers/wire/conversation.h"

#include <list>
#include <map>
#include <set>
#include <vector>

namespace triad::wire {

class MetadataExchange {
public:
  using Peer = std::uint32_t; // as the caller numbers them
  // Parts outstanding with one peer.
  static constexpr std::size_t at_once = 4;
  // Bytes that are held of all that is being collected. None are set aside before they have come,
  // and the largest collection goes where there is no room: so nobody has to wait for a peer that
  // says a wrong size and sends nothing.
  static constexpr std::size_t max_held = std::size_t{2} * max_metadata;

  // What the link names; at least one.
  MetadataExchange(std::optional<Sha1> v1, std::optional<Sha256> v2) : v1_(v1), v2_(v2) {}

  // The peer has an info dictionary of this size. What it says first counts, until gone().
  void offered(Peer peer, std::uint32_t size);
  // What to ask of this peer now; nothing if it has enough to do, or has nothing.
  [[nodiscard]] std::optional<std::uint32_t> next(Peer peer);
  // An answer; may make done(). Errors: bad_message (another size than it said, or all of it came
  // from this peer and is wrong): close its link.
  [[nodiscard]] Status received(Peer peer, const MetadataReceived& part);
  void gone(Peer peer); // or it rejected a part

  [[nodiscard]] bool done() const { return !info_.empty(); }
  // The info dictionary, whose hashes agree. Only when done().
  [[nodiscard]] const std::vector<std::byte>& info() const { return info_; }

private:
  struct Part {
    std::vector<std::byte> bytes; // empty until it has come
    std::set<Peer> asked;         // now
    Peer from = 0;
  };
  // One info dictionary that is being put together.
  struct Attempt {
    std::uint32_t size = 0;
    std::optional<Peer> alone; // only from this peer
    std::vector<Part> parts;   // as many as have been asked for
    std::size_t held = 0;      // bytes
  };

  [[nodiscard]] Attempt& attempt_for(Peer peer, std::uint32_t size);
  [[nodiscard]] Attempt* attempt_with(Peer peer, std::uint32_t part);
  void make_room(const Attempt& keep);
  [[nodiscard]] Status finish(Attempt& attempt, Peer last);

  std::optional<Sha1> v1_;
  std::optional<Sha256> v2_;
  std::map<Peer, std::uint32_t> offers_;
  std::set<std::uint32_t> doubted_; // sizes of which parts from several peers did not fit
  std::list<Attempt> attempts_;     // one for each size that was said, or peer that is alone
  std::vector<std::byte> info_;
};

} // namespace triad::wire
