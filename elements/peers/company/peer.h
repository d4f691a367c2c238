// SPDX-License-Identifier: LGPL-2.1-or-later
// One peer of one swarm: a channel, and the conversation that runs over it. The context's thread
// only.
#pragma once

#include "peers/company/company.h"
#include "peers/company/context.h"
#include "peers/company/rate_limit.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace triad::company {

class PeerLink;

class Peer final : private Channel::Listener, public std::enable_shared_from_this<Peer> {
public:
  // Who drives it. Every call comes from the context or from work(), with the peer still whole;
  // end() may be called from within.
  class Owner {
  public:
    virtual ~Owner() = default;
    virtual void on_event(Peer& peer, const wire::ConversationEvent& event) = 0;
    // The channel is gone, or must go: `misbehaved`. The owner calls end().
    virtual void on_over(Peer& peer, const std::string& reason, bool misbehaved) = 0;
    [[nodiscard]] virtual Time now() const = 0;
  };
  struct Meeting {
    PeerLink* link;                   // outlives end()
    std::shared_ptr<Channel> channel; // connected
    // That the two met through; empty: the other opened it on a link of another release.
    std::optional<std::string> tracker;
    bool opened_here = false; // the channel
  };

  Peer(PeerNumber number, Meeting meeting, wire::ConversationSettings settings,
       wire::ConversationContent content, Owner& owner, Tasks& tasks);
  ~Peer() override;

  [[nodiscard]] PeerNumber number() const { return number_; }
  [[nodiscard]] const Sha1& info_hash() const { return info_hash_; }
  [[nodiscard]] PeerLink& link() const { return *meeting_.link; }
  [[nodiscard]] const std::optional<std::string>& tracker() const { return meeting_.tracker; }
  [[nodiscard]] bool opened_here() const { return meeting_.opened_here; }
  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] wire::Conversation& conversation() { return conversation_; }
  [[nodiscard]] const wire::Conversation& conversation() const { return conversation_; }

  // Begins: says our handshake.
  void start();
  // After commands to the conversation: its events and its output follow, from the context.
  void work_soon();
  void flush(); // its output, as far as the channel has room; no callback comes
  // Closes the channel; the owner hears nothing more.
  void end();

  // Bytes that were said and that the channel did not take yet.
  [[nodiscard]] std::uint64_t waiting() const {
    return waiting_.size() - waiting_from_ + conversation_.output_size();
  }
  [[nodiscard]] Time round_trip() const; // of its link
  // Since when nothing could be sent though something waits; empty: it can.
  [[nodiscard]] std::optional<Time> stuck_since() const { return stuck_since_; }

  // --- what the swarm keeps with it ---
  std::map<BlockIndex, std::vector<Swarm::Fetcher*>> asked; // outstanding
  Time since{0};                                            // it exists
  Time useful{0};                                           // when there last was a use for it
  std::uint64_t received = 0, sent = 0;                     // bytes of blocks
  std::optional<Time> metadata_asked, hashes_asked;         // since when an answer is awaited
  unsigned generation = 0; // changes when everything about it may be different
  bool in_uploads = false;
  bool interested = false; // we are
  bool peer_interested = false;

private:
  void on_open() override {}
  void on_message(Bytes bytes) override;
  void on_writable() override;
  void on_closed() override;

  void drain();
  bool bear(std::uint64_t messages); // false: it is over
  void over(const std::string& reason, bool misbehaved);

  const PeerNumber number_;
  const Sha1 info_hash_;
  const Meeting meeting_;
  wire::Conversation conversation_;
  Owner& owner_;
  Tasks& tasks_;
  std::vector<std::byte> waiting_; // output that the channel did not take
  std::size_t waiting_from_ = 0;   // what lies before has been sent
  std::optional<Time> stuck_since_;
  trackers::RateLimit talk_; // messages other than blocks
  std::uint64_t borne_ = 0;  // of those that came
  bool draining_ = false, work_posted_ = false, over_ = false;
};

// By which wire/ tells those it asks apart.
[[nodiscard]] inline std::uint32_t wire_id(const Peer& peer) {
  return static_cast<std::uint32_t>(peer.number());
}

} // namespace triad::company
