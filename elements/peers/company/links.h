// SPDX-License-Identifier: LGPL-2.1-or-later
// All links of a node: made, found again, and let go when there are too many. One for each pair of
// nodes, if the other is Triad, too. The context's thread only.
#pragma once

#include "peers/company/company.h"
#include "peers/company/context.h"
#include "peers/signal/ids.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace triad::company {

class Peer;

// A channel that is to be on a link.
struct Wanted {
  Sha1 info_hash{};
  std::optional<std::string> tracker; // through which the two met about this release
};

// One link and what is known of its other end.
class PeerLink {
public:
  enum class State {
    offering,   // gathers; its offer is pooled, or given and not answered
    connecting, // both descriptions are there, or ours is being made
    up,
    gone,
  };

  std::uint32_t number = 0; // never used again
  State state = State::offering;
  bool answers = false; // the other side offered, and opens the first channel
  std::optional<Sha256> fingerprint;
  signal::PeerId tracker_id{};         // as the tracker named the other end
  std::optional<wire::PeerId> wire_id; // as it named itself
  std::optional<bool> triad;           // empty: it hasn't said
  std::optional<Wanted> first;         // the release that this link was made for
  std::vector<Wanted> further;         // to be opened when it has turned out to be Triad
  std::vector<Peer*> peers;            // one for each release that it carries
  Time since{0};                       // it has this state
  Time used{0};                        // a channel was on it last
  bool leaving = false;                // its peers are being ended
  std::vector<Time> refused;           // channels for releases that we don't have
  double rate = 0;                     // bytes per second, both ways, of the last while
  std::uint64_t counted = 0;           // bytes at the last look
  Link* link = nullptr;

  [[nodiscard]] bool carries(const Sha1& info_hash) const;
};

class Links {
public:
  class Owner {
  public:
    virtual ~Owner() = default;
    virtual void on_description(PeerLink& link, const std::string& sdp) = 0;
    virtual void on_connected(PeerLink& link) = 0;
    virtual void on_channel(PeerLink& link, const std::shared_ptr<Channel>& channel) = 0;
    // Not after close(). It is in no list any more.
    virtual void on_closed(PeerLink& link, Link::End end, const std::string& reason) = 0;
  };
  using Make = std::function<std::unique_ptr<Link>(LinkOptions, Link::Listener&)>;

  Links(Make make, Tasks& tasks, Owner& owner);
  ~Links();
  Links(const Links&) = delete;
  Links& operator=(const Links&) = delete;

  PeerLink& make(const IceSettings& ice, PeerLink::State state, Time now);
  void discard(PeerLink& link); // it never began
  // Cleanly. Its peers must be gone. From within its own callbacks, too; the object stays until the
  // context has come round.
  void close(PeerLink& link);

  [[nodiscard]] const std::vector<PeerLink*>& all() const { return shown_; }
  // Connecting or up. A node is its certificate; the id tells nodes of one process apart.
  [[nodiscard]] PeerLink* find(const Sha256& fingerprint, const signal::PeerId& id) const;
  // Whether a peer that is not Triad carries the release, by a link of its own.
  [[nodiscard]] bool stranger_has(const signal::PeerId& id, const Sha1& info_hash) const;
  [[nodiscard]] std::size_t count(PeerLink::State state) const;
  // Whose leaving costs least: no swarm uses it, then lowest rate, then longest without use. Only
  // links that are up, and those in use only after a while; null: none.
  [[nodiscard]] PeerLink* least_useful(Time now) const;
  void measure(Time elapsed); // rates, since the last call

private:
  struct Entry;
  void closed(Entry& entry, Link::End end, const std::string& reason);
  void hide(Entry& entry);
  void bury(Entry& entry);

  Make make_;
  Tasks& tasks_;
  Owner& owner_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::uint32_t last_number_ = 0;
  std::vector<PeerLink*> shown_; // not gone
};

} // namespace triad::company
