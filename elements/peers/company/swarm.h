// SPDX-License-Identifier: LGPL-2.1-or-later
// The peers of one release, and who fetches from them. The context's thread only.
#pragma once

#include "peers/company/company.h"
#include "peers/company/context.h"
#include "peers/company/peer.h"
#include "peers/company/trackers.h"
#include "peers/wire/hash_exchange.h"
#include "peers/wire/hash_tree.h"
#include "peers/wire/metadata_exchange.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace triad::company {

class Giving;

// What a swarm needs of the company.
class SwarmHost {
public:
  virtual ~SwarmHost() = default;
  [[nodiscard]] virtual Tasks& tasks() = 0;
  [[nodiscard]] virtual Giving& giving() = 0;
  [[nodiscard]] virtual Time now() const = 0;
  [[nodiscard]] virtual const wire::PeerId& own_id() const = 0;
  [[nodiscard]] virtual PeerNumber next_number() = 0;
  // The peer's link has told who it is.
  virtual void on_identified(PeerLink& link) = 0;
  // A peer is over, and in none of the lists any more.
  virtual void on_left(PeerLink& link, const std::string& reason, bool misbehaved) = 0;
  virtual void on_lied(PeerLink& link, const std::string& reason) = 0;
  // It wants more peers than before, or has new facts for trackers.
  virtual void on_changed() = 0;
};

class SwarmImpl final : public Swarm, private Peer::Owner {
public:
  SwarmImpl(SwarmHost& host, SwarmOptions options);
  ~SwarmImpl() override;

  // --- Swarm ---
  void add(Fetcher* fetcher) override;
  void remove(Fetcher* fetcher) override;
  void request(Fetcher* fetcher, PeerNumber peer, BlockIndex block, wire::Urgency urgency) override;
  void cancel(Fetcher* fetcher, PeerNumber peer, BlockIndex block) override;
  void ban(PeerNumber peer, const std::string& reason) override;
  void have(PieceIndex piece) override;
  void lost(PieceIndex piece) override;
  void set_release(ReleasePtr release, std::shared_ptr<Stock> stock) override;
  [[nodiscard]] std::vector<PeerFacts> peers() const override;
  [[nodiscard]] std::uint64_t identity() const override;
  [[nodiscard]] std::size_t links() const override { return peers_.size(); }

  // --- for the company ---
  [[nodiscard]] const Sha1& info_hash() const { return options_.info_hash; }
  [[nodiscard]] const std::vector<std::string>& trackers() const { return options_.trackers; }
  [[nodiscard]] AnnounceFacts facts() const;
  // Peers that it could do with beyond those that it has; 0: it is content.
  [[nodiscard]] unsigned wanted() const;
  [[nodiscard]] bool settling() const; // some peer has not said yet who it is
  [[nodiscard]] Peer* find(const PeerLink& link) const;
  void meet(Peer::Meeting meeting);
  void end(Peer& peer, const std::string& reason, bool misbehaved = false);
  // All that were, or may have been, met through this tracker; empty: all.
  void end_all(const std::optional<std::string>& tracker, const std::string& reason);
  void close(); // ends all; no callback comes any more
  void set_looking(bool looking);
  [[nodiscard]] bool looking() const { return looking_; }
  void tick();

private:
  struct Told { // of a peer
    unsigned generation = 0;
    bool choked = false;
  };
  struct Listening {
    Fetcher* fetcher;
    std::map<PeerNumber, Told> told;
    std::optional<bool> looking;           // as told
    bool metadata = false, layers = false; // told
  };

  // Peer::Owner
  void on_event(Peer& peer, const wire::ConversationEvent& event) override;
  void on_over(Peer& peer, const std::string& reason, bool misbehaved) override;
  [[nodiscard]] Time now() const override { return host_.now(); }

  void on(Peer& peer, const wire::HandshakeReceived& event);
  void on(Peer& peer, const wire::PeerFeatures& event);
  void on(Peer& peer, const wire::AvailabilityChanged& event);
  void on(Peer& peer, const wire::ChokedChanged& event);
  void on(Peer& peer, const wire::InterestChanged& event);
  void on(Peer& peer, const wire::BlockReceived& event);
  void on(Peer& peer, const wire::BytesUnasked& event);
  void on(Peer& peer, const wire::RequestDropped& event);
  void on(Peer& peer, const wire::BlockRequested& event);
  void on(Peer& peer, const wire::RequestCancelled& event);
  void on(Peer& peer, const wire::MetadataReceived& event);
  void on(Peer& peer, const wire::MetadataRejected& event);
  void on(Peer& peer, const wire::HashesRequested& event);
  void on(Peer& peer, const wire::HashesReceived& event);
  void on(Peer& peer, const wire::HashesRejected& event);

  [[nodiscard]] wire::ConversationContent content() const;
  [[nodiscard]] bool complete() const;
  [[nodiscard]] bool needs(const Peer& peer) const; // it has something that we lack
  [[nodiscard]] static bool ready(const Peer& peer);
  [[nodiscard]] Peer* find(PeerNumber number) const;
  [[nodiscard]] Listening* find(const Fetcher* fetcher);
  [[nodiscard]] bool is_double(const Peer& peer) const;
  void update_interest(Peer& peer);
  void learn_release();
  void completeness_changed();
  void take_in_uploads(Peer& peer);
  void look_afresh(Peer& peer); // everything about it may be different
  void drop_asked(Peer& peer);
  void refuse(Fetcher* fetcher, PeerNumber peer, BlockIndex block);

  // --- a magnet link's info dictionary ---
  void expect_metadata();
  void on_metadata_offered(Peer& peer);
  void ask_for_metadata(Peer& peer);
  void ask_all_for_metadata();
  void metadata_gone(const Peer& peer);
  void metadata_tick();

  // --- its piece layers ---
  void expect_layers();
  void ask_for_layers(Peer& peer);
  void learn_layers();
  void layers_gone(Peer& peer);
  void layers_tick();

  // Tells fetchers what has changed about peers and looking; from the context.
  void sync_soon();
  void sync();
  void sync(const Fetcher* fetcher);
  [[nodiscard]] std::vector<const Fetcher*> all_fetchers() const;
  [[nodiscard]] bool useless(Peer& peer);

  SwarmHost& host_;
  SwarmOptions options_;
  std::vector<bool> mine_;     // by piece: what we have; empty: release not known
  std::uint32_t missing_ = 0;  // pieces
  std::uint64_t left_ = 0;     // bytes of them
  std::uint64_t received_ = 0; // bytes of blocks
  std::uint64_t sent_ = 0;     // by peers that are gone
  std::map<PeerNumber, std::shared_ptr<Peer>> peers_;
  std::vector<Listening> fetchers_;
  std::optional<wire::MetadataExchange> metadata_; // of a magnet link
  std::optional<wire::HashExchange> layers_;       // if the release lacks them
  std::optional<wire::HashAnswers> answers_;       // to peers, once one has asked
  bool looking_ = false, sync_posted_ = false;
  std::shared_ptr<SwarmImpl*> self_; // for tasks; null inside: it is gone
};

} // namespace triad::company
