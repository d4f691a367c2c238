// SPDX-License-Identifier: LGPL-2.1-or-later
// Links, channels and trackers as plain objects.
#include "fake_network.h"

#include "peers/company/ids.h"

#include <algorithm>
#include <set>
#include <utility>

namespace triad::kit {

namespace {

class FakeChannel;

class FakeChannel final : public Channel, public std::enable_shared_from_this<FakeChannel> {
public:
  FakeChannel(FakeNetwork& network, std::string label)
      : network_(network), label_(std::move(label)) {}

  void set_listener(Listener* listener) override { listener_ = listener; }
  const std::string& label() const override { return label_; }
  bool send(Bytes message) override {
    if (closed)
      return true;
    std::vector<std::byte> bytes(message.begin(), message.end());
    network_.post([weak = other, bytes = std::move(bytes)] {
      if (const auto to = weak.lock(); to && to->listener_ && !to->closed)
        to->listener_->on_message(bytes);
    });
    return true;
  }
  std::uint64_t queued() const override { return 0; }
  void reset() override {
    closed = true;
    network_.post([weak = other] {
      if (const auto to = weak.lock())
        to->close();
    });
  }
  void close() { // by the other side
    if (std::exchange(closed, true) || !listener_)
      return;
    std::exchange(listener_, nullptr)->on_closed();
  }

  std::weak_ptr<FakeChannel> other;
  bool closed = false;

private:
  FakeNetwork& network_;
  const std::string label_;
  Listener* listener_ = nullptr;
};

} // namespace

class FakeLink final : public Link {
public:
  FakeLink(FakeNetwork& network, Listener& listener, std::uint8_t certificate)
      : network_(network),
        listener_(listener),
        ufrag_("u" + std::to_string(++network.last_) + "abc") {
    certificate_[0] = static_cast<std::byte>(certificate);
    network_.links_[ufrag_] = this;
    ++network_.links_made;
  }
  ~FakeLink() override {
    network_.links_.erase(ufrag_);
    if (auto* other = peer(); other && network_.closes_are_heard)
      other->lose("the peer is gone");
  }

  void offer() override { describe(false); }
  Status answer(std::string_view offer) override {
    if (auto status = hear(offer); !status)
      return status;
    describe(true);
    return ok();
  }
  Status set_answer(std::string_view answer) override {
    if (auto status = hear(answer); !status)
      return status;
    if (network_.links_work)
      later([](FakeLink& self) { self.connect(); });
    return ok();
  }
  void add_candidate(std::string_view) override {}
  std::shared_ptr<Channel> open_channel(const std::string& label) override {
    auto* other = peer();
    auto here = std::make_shared<FakeChannel>(network_, label);
    channels_.push_back(here);
    if (!other)
      return here;
    auto there = std::make_shared<FakeChannel>(network_, label);
    here->other = there;
    there->other = here;
    other->later([there](FakeLink& self) {
      self.channels_.push_back(there);
      self.listener_.on_channel(there);
    });
    return here;
  }
  void close() override {
    if (auto* other = peer(); other && network_.closes_are_heard)
      other->later([](FakeLink& self) { self.lose("closed there"); });
    peer_.clear();
    later([](FakeLink& self) { self.end(End::closed_here, "closed here"); });
  }
  bool connected() const override { return connected_; }
  const std::optional<Sha256>& peer_fingerprint() const override { return peer_fingerprint_; }
  Facts facts() const override {
    Facts facts;
    facts.own_address = std::to_string(std::to_integer<int>(certificate_[0]));
    return facts;
  }

private:
  template <typename Action>
  void later(Action action) {
    network_.post([&network = network_, ufrag = ufrag_, action] {
      if (const auto found = network.links_.find(ufrag); found != network.links_.end())
        action(*found->second);
    });
  }
  FakeLink* peer() const {
    const auto found = network_.links_.find(peer_);
    return found == network_.links_.end() ? nullptr : found->second;
  }
  void describe(bool answer) {
    SessionDescription description;
    description.ice_ufrag = ufrag_;
    description.ice_pwd = "0123456789012345678901";
    description.fingerprint = certificate_;
    description.setup = answer ? DtlsSetup::active : DtlsSetup::actpass;
    description.candidates = {"candidate:1 1 udp 2113937151 127.0.0.1 9 typ host"};
    description.end_of_candidates = true;
    later([sdp = write_description(description, answer)](FakeLink& self) {
      if (!self.ended_)
        self.listener_.on_description(sdp);
    });
  }
  Status hear(std::string_view sdp) {
    const auto description = parse_description(sdp);
    if (!description)
      return description.error();
    peer_ = description->ice_ufrag;
    peer_fingerprint_ = description->fingerprint;
    return ok();
  }
  void connect() {
    auto* other = peer();
    if (!other || ended_ || other->ended_ || other->peer_ != ufrag_)
      return;
    ++network_.connected;
    connected_ = other->connected_ = true;
    later([](FakeLink& self) { self.listener_.on_connected(); });
    other->later([](FakeLink& self) { self.listener_.on_connected(); });
  }
  void lose(const std::string& reason) {
    peer_.clear();
    later([reason](FakeLink& self) { self.end(End::closed_there, reason); });
  }
  void end(End how, const std::string& reason) {
    if (std::exchange(ended_, true))
      return;
    for (const auto& channel : std::exchange(channels_, {}))
      channel->close();
    listener_.on_closed(how, reason);
  }

  FakeNetwork& network_;
  Listener& listener_;
  const std::string ufrag_;
  Sha256 certificate_{};
  std::string peer_; // its ufrag
  std::optional<Sha256> peer_fingerprint_;
  std::vector<std::shared_ptr<FakeChannel>> channels_;
  bool connected_ = false, ended_ = false;
};

class FakeTrackers final : public Trackers {
public:
  FakeTrackers(FakeNetwork& network, TrackersOptions options, Listener& listener)
      : network_(network), options_(std::move(options)), listener_(listener) {
    network_.trackers_.push_back(this);
  }
  ~FakeTrackers() override { std::erase(network_.trackers_, this); }

  void join(const signal::InfoHash& info_hash, const std::vector<std::string>& urls,
            const AnnounceFacts& facts) override {
    swarms_[info_hash] = {urls, facts};
    for (const auto& url : urls)
      later([url, info_hash](FakeTrackers& self) {
        self.listener_.on_state(url, true, "");
        self.announce(url, info_hash);
      });
  }
  void update(const signal::InfoHash& info_hash, const AnnounceFacts& facts) override {
    if (const auto found = swarms_.find(info_hash); found != swarms_.end())
      found->second.facts = facts;
  }
  void leave(const signal::InfoHash& info_hash) override { swarms_.erase(info_hash); }
  bool offer(const std::string& tracker, const signal::InfoHash& info_hash,
             const std::vector<PooledOffer>& offers) override {
    if (!swarms_.contains(info_hash))
      return false;
    network_.offers += offers.size();
    std::size_t next = 0;
    const bool open = peers(tracker);
    for (auto* other : network_.trackers_) {
      if (!open || next == offers.size())
        break;
      if (other == this || !other->in(tracker, info_hash))
        continue;
      const auto offered = offers[next++];
      other->later([tracker, info_hash, id = options_.own_id, offered](FakeTrackers& self) {
        self.listener_.on_offer(tracker, {info_hash, id, offered.id, offered.sdp});
      });
    }
    announce(tracker, info_hash);
    return true;
  }
  void answer(const std::string& tracker, const signal::InfoHash& info_hash,
              const signal::PeerId& to, const signal::OfferId& offer,
              const std::string& sdp) override {
    for (auto* other : network_.trackers_)
      if (other->options_.own_id == to && network_.answers_pass)
        other->later([tracker, info_hash, id = options_.own_id, offer, sdp](FakeTrackers& self) {
          self.listener_.on_answer(tracker, {info_hash, id, offer, sdp});
        });
  }
  void scrape(const signal::InfoHash&) override {}
  std::vector<std::string> connected(const signal::InfoHash& info_hash) const override {
    const auto found = swarms_.find(info_hash);
    return found == swarms_.end() ? std::vector<std::string>() : found->second.urls;
  }

  bool in(const std::string& tracker, const signal::InfoHash& info_hash) const {
    const auto found = swarms_.find(info_hash);
    return found != swarms_.end() &&
           std::ranges::find(found->second.urls, tracker) != found->second.urls.end();
  }
  // Answers an announce, or tells of the dial.
  void announce(const std::string& tracker, const signal::InfoHash& info_hash) {
    ++network_.announces;
    later([tracker, info_hash](FakeTrackers& self) {
      if (!self.in(tracker, info_hash))
        return;
      signal::AnnounceReply reply;
      reply.info_hash = info_hash;
      for (const auto* one : self.network_.trackers_)
        if (one->in(tracker, info_hash))
          ++reply.incomplete;
      if (!self.peers(tracker))
        reply.triad = signal::TriadExtension{false, {}};
      self.listener_.on_reply(tracker, reply);
    });
  }
  void announce_all(const std::string& tracker) {
    for (const auto& [info_hash, swarm] : swarms_)
      if (in(tracker, info_hash))
        announce(tracker, info_hash);
  }
  void hand(const std::string& tracker, const signal::RelayedOffer& offer) {
    listener_.on_offer(tracker, offer);
  }

private:
  struct Joined {
    std::vector<std::string> urls;
    AnnounceFacts facts;
  };
  template <typename Action>
  void later(Action action) {
    network_.post([&network = network_, this, action] {
      if (std::ranges::find(network.trackers_, this) != network.trackers_.end())
        action(*this);
    });
  }
  bool peers(const std::string& tracker) const {
    const auto found = network_.dial.find(tracker);
    return found == network_.dial.end() || found->second;
  }

  FakeNetwork& network_;
  const TrackersOptions options_;
  Listener& listener_;
  std::map<signal::InfoHash, Joined> swarms_;
};

company::Seams FakeNetwork::seams(std::uint8_t certificate) {
  company::Seams seams;
  seams.make_link = [this, certificate](LinkOptions, Link::Listener& listener) {
    return std::make_unique<FakeLink>(*this, listener, certificate);
  };
  seams.make_trackers = [this](TrackersOptions options, Trackers::Listener& listener) {
    return std::make_unique<FakeTrackers>(*this, std::move(options), listener);
  };
  seams.now = now;
  seams.tick = tick;
  return seams;
}

void FakeNetwork::turn_dial(const std::string& tracker, bool peers) {
  dial[tracker] = peers;
  tell_all(tracker);
}

void FakeNetwork::tell_all(const std::string& tracker) {
  for (auto* one : trackers_)
    one->announce_all(tracker);
}

void FakeNetwork::offer_to_all(const std::string& tracker, const Sha1& info_hash,
                               const std::string& sdp, std::uint8_t peer) {
  signal::RelayedOffer offer;
  offer.info_hash = company::to_signal(info_hash);
  offer.peer_id.bytes[0] = peer;
  offer.offer_id.bytes[0] = peer;
  offer.sdp = sdp;
  for (auto* one : std::vector(trackers_))
    one->hand(tracker, offer);
}

} // namespace triad::kit
