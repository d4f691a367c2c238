// SPDX-License-Identifier: LGPL-2.1-or-later
// How nodes meet: offers and answers through trackers, one link for each pair of Triad nodes, and
// the operator's dial. The context's thread only.
#pragma once

#include "peers/company/links.h"
#include "peers/company/offers.h"
#include "peers/company/search.h"
#include "peers/company/swarm.h"
#include "peers/company/trackers.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace triad::company {

// What introductions need of the company.
class IntroductionsHost {
public:
  virtual ~IntroductionsHost() = default;
  [[nodiscard]] virtual SwarmImpl* swarm(const Sha1& info_hash) = 0; // null: not open here
  [[nodiscard]] virtual Trackers& trackers() = 0;
  [[nodiscard]] virtual Time now() const = 0;
  [[nodiscard]] virtual bool banned(const Sha256& fingerprint) const = 0;
  // Whether another link may be, the least useful one having left for it if need be.
  [[nodiscard]] virtual bool make_room() = 0;
  [[nodiscard]] virtual bool wants_links() const = 0; // fewer than the soft limit
  // Opens a channel for the release on a link that is up.
  virtual void open(PeerLink& link, const Wanted& wanted) = 0;
  virtual void drop(PeerLink& link, const std::string& reason) = 0;
  // Whether a STUN server that the tracker names may be asked.
  [[nodiscard]] virtual bool may_ask(const std::string& tracker,
                                     const StunServer& server) const = 0;
};

class Introductions {
public:
  Introductions(IntroductionsHost& host, Links& links, signal::PeerId own_id, std::uint64_t seed);

  void set_ice(const IceSettings& ice); // from settings
  // Offers that were made have addresses that may be gone.
  void begin_anew(const signal::PeerId& own_id);
  void join(SwarmImpl& swarm, const std::vector<std::string>& trackers);
  void leave(SwarmImpl& swarm);

  // --- from trackers ---
  void on_reply(const std::string& tracker, const signal::AnnounceReply& reply);
  void on_offer(const std::string& tracker, const signal::RelayedOffer& offer);
  void on_answer(const std::string& tracker, const signal::RelayedAnswer& answer);
  void on_state(const std::string& tracker, bool connected);

  // --- from links ---
  void on_description(PeerLink& link, const std::string& sdp);
  void on_closed(PeerLink& link);
  // A peer of the release has been won, by a channel that it opened if `by_channel`.
  void on_met(const Sha1& info_hash, bool by_channel);

  // After anything has changed, and once a second: makes and gives offers, tells who is looking.
  void pump();
  // Whether the operators' dials leave no tracker whose peers may be used for the release.
  [[nodiscard]] bool excluded(const Sha1& info_hash) const;
  [[nodiscard]] bool excluded(const Sha1& info_hash, const std::string& tracker) const;

private:
  struct Release {
    SwarmImpl* swarm;
    Search search;
    bool wanting = false;
  };
  struct Reply { // an answer that is being made
    std::string tracker;
    signal::InfoHash info_hash;
    signal::PeerId to;
    signal::OfferId offer;
  };

  [[nodiscard]] Release* find(const Sha1& info_hash);
  void answer(const std::string& tracker, const signal::RelayedOffer& offer,
              const Sha256& fingerprint);
  [[nodiscard]] bool crossed(const PeerLink& other, const signal::PeerId& peer) const;
  void want_on(PeerLink& link, const Wanted& wanted);
  void shut_out(Release& release, const std::string& tracker);
  void learn_stun(const std::string& tracker, const std::vector<std::string>& urls);
  void make_offers(std::size_t count);
  void close_all(const std::vector<PeerLink*>& links);
  void look(Release& release);
  [[nodiscard]] bool connecting(const Sha1& info_hash) const;
  [[nodiscard]] IceSettings ice() const;

  IntroductionsHost& host_;
  Links& links_;
  signal::PeerId own_id_;
  Offers offers_;
  IceSettings ice_;
  std::vector<StunServer> stun_; // as trackers named them, latest last
  std::map<Sha1, Release> releases_;
  std::map<PeerLink*, Reply> replies_;
};

} // namespace triad::company
