// SPDX-License-Identifier: LGPL-2.1-or-later
// The company's parts, and the seams at which a test takes the network away. The context's thread
// only.
#pragma once

#include "peers/company/bans.h"
#include "peers/company/company.h"
#include "peers/company/giving.h"
#include "peers/company/introductions.h"
#include "peers/company/links.h"
#include "peers/company/swarm.h"
#include "peers/company/trackers.h"

#include <functional>
#include <map>
#include <memory>

namespace triad::company {

// What a test may replace; what is empty is the real thing.
struct Seams {
  Links::Make make_link;
  std::function<std::unique_ptr<Trackers>(TrackersOptions, Trackers::Listener&)> make_trackers;
  std::function<Time()> now;
  Time tick = std::chrono::seconds(1);
};

class CompanyImpl final : public Company,
                          private Trackers::Listener,
                          private Links::Owner,
                          private SwarmHost,
                          private IntroductionsHost {
public:
  CompanyImpl(CompanyHost host, CompanySettings settings, std::uint64_t seed, Seams seams);
  ~CompanyImpl() override;

  // --- Company ---
  void set(const CompanySettings& settings) override;
  [[nodiscard]] std::shared_ptr<Swarm> join(SwarmOptions options) override;
  void address_lost(const std::function<bool(const std::string&)>& lost) override;
  void own_lead(std::optional<std::chrono::nanoseconds> lead) override;
  [[nodiscard]] CompanyStats stats() const override;

private:
  struct Joined {
    std::unique_ptr<SwarmImpl> swarm;
    std::weak_ptr<Swarm> handle;
    std::vector<std::string> trackers; // the release's own
    bool is_private = false;           // BEP 27: announced to no other
    AnnounceFacts announced;
  };

  // Trackers::Listener
  void on_reply(const std::string& tracker, const signal::AnnounceReply& reply) override;
  void on_offer(const std::string& tracker, const signal::RelayedOffer& offer) override;
  void on_answer(const std::string& tracker, const signal::RelayedAnswer& answer) override;
  void on_scrape(const std::string& tracker, const signal::ScrapeEntry& entry) override;
  void on_announcing(const std::string& tracker, const signal::InfoHash& info_hash) override;
  void on_state(const std::string& tracker, bool connected, const std::string& reason) override;

  // Links::Owner
  void on_description(PeerLink& link, const std::string& sdp) override;
  void on_connected(PeerLink& link) override;
  void on_channel(PeerLink& link, const std::shared_ptr<Channel>& channel) override;
  void on_closed(PeerLink& link, Link::End end, const std::string& reason) override;

  // SwarmHost
  [[nodiscard]] Tasks& tasks() override { return tasks_; }
  [[nodiscard]] Giving& giving() override { return giving_; }
  [[nodiscard]] Time now() const override { return seams_.now(); }
  [[nodiscard]] const wire::PeerId& own_id() const override { return wire_id_; }
  [[nodiscard]] PeerNumber next_number() override;
  void on_identified(PeerLink& link) override;
  void on_left(PeerLink& link, const std::string& reason, bool misbehaved) override;
  void on_lied(PeerLink& link, const std::string& reason) override;
  void on_changed() override;

  // IntroductionsHost
  [[nodiscard]] SwarmImpl* swarm(const Sha1& info_hash) override;
  [[nodiscard]] Trackers& trackers() override;
  [[nodiscard]] bool banned(const Sha256& fingerprint) const override;
  [[nodiscard]] bool make_room() override;
  [[nodiscard]] bool wants_links() const override;
  void open(PeerLink& link, const Wanted& wanted) override;
  void drop(PeerLink& link, const std::string& reason) override;
  [[nodiscard]] bool may_ask(const std::string& tracker, const StunServer& server) const override;

  void leave(const Sha1& info_hash);
  void end_peers(PeerLink& link, const std::string& reason);
  void announce(Joined& joined);
  void make_trackers();
  [[nodiscard]] std::vector<std::string> all_trackers(const Joined& joined) const;
  [[nodiscard]] std::optional<Wanted> release_of(const PeerLink& link, const std::string& label);
  [[nodiscard]] bool refused(const PeerLink& link) const; // by its address
  void bar(const PeerLink& link);                         // from coming back for a while
  void refuse_channel(PeerLink& link, Channel& channel);
  void tick();
  void look_over_links();
  [[nodiscard]] std::size_t links_in_use() const; // up or being made, without pooled ones

  CompanyHost host_;
  CompanySettings settings_;
  Seams seams_;
  std::uint64_t random_;
  signal::PeerId own_id_;
  wire::PeerId wire_id_;
  std::shared_ptr<LinkStack> stack_; // from the first link on
  Tasks tasks_;
  Timer timer_;
  Time ticked_{0};
  Bans bans_;
  Links links_;
  Giving giving_;
  Introductions introductions_;
  std::unique_ptr<Trackers> trackers_; // from the first join on
  std::map<Sha1, Joined> joined_;
  std::uint32_t last_number_ = 0;
  std::uint64_t received_before_ = 0; // by swarms that were left
  bool changed_posted_ = false;
};

} // namespace triad::company
