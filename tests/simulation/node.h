// SPDX-License-Identifier: LGPL-2.1-or-later
// One node: its line, what it has, its downloads, its links with a conversation for each title, its
// uploads.
#pragma once

#include "peers/company/uploads.h"
#include "peers/wire/conversation.h"
#include "simulation/download.h"

namespace triad::kit {

class Node : public Download::Host {
public:
  Node(World& world, std::uint32_t number, const NodeSpec& spec);
  ~Node() override;

  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] const NodeSpec& spec() const { return spec_; }
  [[nodiscard]] bool online() const override { return online_; }
  void go_online() { online_ = true; }
  // Abruptly: others only notice after `noticed`.
  void go_offline(Duration noticed);
  // The title is had; for a seeder.
  void have_all(std::size_t title);
  [[nodiscard]] bool announces(std::size_t title) const;
  [[nodiscard]] const std::vector<bool>& have(std::size_t title);

  // Plays (or prefetches) a track; peers are looked for where it is not had.
  std::shared_ptr<SimulatedPlayer> play(std::size_t title, std::uint32_t track,
                                        Purpose purpose = Purpose::play,
                                        const std::shared_ptr<SimulatedPlayer>& follows = nullptr);
  void leave(std::size_t title, const std::shared_ptr<SimulatedPlayer>& player);
  // Nothing of it is played any more; it is still given.
  void stop(std::size_t title);
  [[nodiscard]] Download* download(std::size_t title);
  [[nodiscard]] std::size_t links() const { return links_.size(); }
  [[nodiscard]] bool banned(const Node& other) const { return banned_.contains(other.number_); }
  [[nodiscard]] Uploads& uploads() { return uploads_; }
  [[nodiscard]] std::uint64_t given() const { return given_; } // bytes of blocks

  // A link to the other, if there is none, and a conversation about the title.
  void connect(Node& other, std::size_t title);

  // --- Download::Host ---
  void request(std::size_t title, const Request& request) override;
  void cancel(std::size_t title, const Cancel& cancel) override;
  void ban(std::size_t title, SupplierId supplier) override;
  void got(std::size_t title, PieceIndex piece) override;
  void arrive(std::uint64_t bytes, std::function<void()> done) override;
  void lead(std::optional<Duration> lead) override;
  void settle() override;
  [[nodiscard]] std::uint64_t identity() const override { return number_; }

private:
  struct Channel;
  struct Link { // this side of it
    Node* to = nullptr;
    UploadLink id{};
    Duration smoothed{0}; // round trip
    struct Flight {
      Time acknowledged;
      std::uint64_t bytes;
      Duration sample;
    };
    std::deque<Flight> flight;
    std::uint64_t queued = 0;
    Time arrives{0}; // what was sent last
    std::map<std::size_t, std::shared_ptr<Channel>> channels;
  };
  struct Channel { // this side of it
    Channel(wire::ConversationSettings settings, wire::ConversationContent content)
        : conversation(settings, std::move(content)) {}
    Node* owner = nullptr;
    Node* to = nullptr;
    std::size_t title = 0;
    UploadPeer id{};
    wire::Conversation conversation;
    std::weak_ptr<Channel> other;
    std::optional<SupplierId> supplier;
    bool closed = false;
    bool dirty = false;
  };
  using ChannelPtr = std::shared_ptr<Channel>;

  ChannelPtr open(Node& to, std::size_t title);
  void close(Node& to);                        // this side
  void close(const ChannelPtr& channel);       // this side
  void disconnect(Node& to, Duration noticed); // both sides
  void received(const ChannelPtr& channel, const std::vector<std::byte>& bytes);
  void drain(const ChannelPtr& channel);
  void drain_uploads();
  void touch(const ChannelPtr& channel);
  void transmit(const ChannelPtr& channel, std::vector<std::byte> bytes);
  void tell_lines();
  void set_wake();
  void supply(const ChannelPtr& channel); // it may be asked from now on
  void look_for_peers(std::size_t title);
  void update_interest(std::size_t title);
  [[nodiscard]] ChannelPtr channel_of(std::size_t title, SupplierId supplier);

  void on(const ChannelPtr& channel, const wire::HandshakeReceived& event);
  void on(const ChannelPtr& channel, const wire::PeerFeatures& event);
  void on(const ChannelPtr& channel, const wire::AvailabilityChanged& event);
  void on(const ChannelPtr& channel, const wire::ChokedChanged& event);
  void on(const ChannelPtr& channel, const wire::InterestChanged& event);
  void on(const ChannelPtr& channel, const wire::BlockReceived& event);
  void on(const ChannelPtr& channel, const wire::BytesUnasked& event);
  void on(const ChannelPtr& channel, const wire::RequestDropped& event);
  void on(const ChannelPtr& channel, const wire::BlockRequested& event);
  void on(const ChannelPtr& channel, const wire::RequestCancelled& event);
  template <typename Other>
  void on(const ChannelPtr&, const Other&) {} // metadata and hashes: no one asks

  World& world_;
  std::uint32_t number_;
  NodeSpec spec_;
  bool online_ = true;
  Uploads uploads_;
  std::map<std::size_t, std::vector<bool>> have_;
  std::map<std::size_t, std::shared_ptr<Download>> downloads_;
  std::map<std::uint32_t, Link> links_;     // by the other's number
  std::map<UploadPeer, ChannelPtr> givers_; // channels by their number
  std::map<std::pair<std::size_t, SupplierId>, ChannelPtr> suppliers_;
  std::set<std::uint32_t> banned_;
  std::vector<ChannelPtr> touched_;
  std::uint32_t next_ = 1;
  Time up_free_{0}, down_free_{0};
  std::optional<Time> woken_;
  std::uint64_t given_ = 0;
  bool busy_ = false;            // settles when that is done
  std::uint64_t generation_ = 0; // of being online
};

} // namespace triad::kit
