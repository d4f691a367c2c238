// SPDX-License-Identifier: LGPL-2.1-or-later
// Offers, answers, and what happens when two offers cross.
#include "peers/company/introductions.h"

#include "peers/company/ids.h"
#include "peers/company/stun_urls.h"
#include "peers/link/description.h"

#include <algorithm>
#include <utility>

namespace triad::company {

namespace {

// Links that are being made, however many offers come.
constexpr std::size_t most_connecting = 16;
constexpr std::size_t most_stun = 4;

} // namespace

Introductions::Introductions(IntroductionsHost& host, Links& links, signal::PeerId own_id,
                             std::uint64_t seed)
    : host_(host), links_(links), own_id_(own_id), offers_(seed) {}

void Introductions::set_ice(const IceSettings& ice) {
  if (ice == ice_)
    return;
  ice_ = ice;
  close_all(offers_.clear());
}

void Introductions::begin_anew(const signal::PeerId& own_id) {
  own_id_ = own_id;
  close_all(offers_.clear());
}

void Introductions::join(SwarmImpl& swarm, const std::vector<std::string>& trackers) {
  Release release{&swarm, Search(trackers), false};
  release.search.began(host_.now());
  releases_.insert_or_assign(swarm.info_hash(), std::move(release));
}

void Introductions::leave(SwarmImpl& swarm) {
  releases_.erase(swarm.info_hash());
  close_all(offers_.withdraw(to_signal(swarm.info_hash()), {}));
  for (auto* link : std::vector(links_.all())) {
    std::erase_if(link->further,
                  [&](const Wanted& one) { return one.info_hash == swarm.info_hash(); });
    if (link->state == PeerLink::State::connecting && link->first &&
        link->first->info_hash == swarm.info_hash() && link->further.empty())
      host_.drop(*link, "its release was left");
  }
}

void Introductions::on_reply(const std::string& tracker, const signal::AnnounceReply& reply) {
  if (reply.triad)
    learn_stun(tracker, reply.triad->stun);
  auto* release = find(to_sha1(reply.info_hash));
  if (!release)
    return;
  const auto dial = release->search.replied(tracker, reply, host_.now());
  if (dial == Search::Dial::off)
    shut_out(*release, tracker);
  else if (reply.complete + std::uint64_t(reply.incomplete) <= 1)
    offers_.come_back(tracker, reply.info_hash);
  pump();
}

// The dial: what was met through this tracker goes, and so does what was begun.
void Introductions::shut_out(Release& release, const std::string& tracker) {
  const auto info_hash = release.swarm->info_hash();
  close_all(offers_.withdraw(to_signal(info_hash), tracker));
  for (auto* link : std::vector(links_.all()))
    if (link->state == PeerLink::State::connecting && link->first &&
        link->first->info_hash == info_hash && link->first->tracker == tracker) {
      if (link->answers || link->further.empty()) {
        host_.drop(*link, "the tracker excludes us from the release");
        continue;
      }
      link->first = link->further.front(); // it is to carry others
      link->further.erase(link->further.begin());
    }
  const auto all = release.search.excluded();
  release.swarm->end_all(all ? std::optional<std::string>() : tracker,
                         "the tracker excludes us from the release");
}

void Introductions::on_state(const std::string& tracker, bool connected) {
  for (auto& [info_hash, release] : releases_)
    release.search.connected(tracker, connected);
  pump();
}

void Introductions::on_offer(const std::string& tracker, const signal::RelayedOffer& offer) {
  auto* release = find(to_sha1(offer.info_hash));
  if (!release || !release->search.has(tracker) || release->search.excluded(tracker) ||
      offer.peer_id == own_id_)
    return;
  const auto description = parse_description(offer.sdp);
  if (!description) {
    g_debug("an offer: %s", description.error().message.c_str());
    return;
  }
  if (host_.banned(description->fingerprint))
    return;
  const auto& info_hash = release->swarm->info_hash();
  if (auto* link = links_.find(description->fingerprint, offer.peer_id);
      link && link->triad != false) {
    want_on(*link, {info_hash, tracker});
    return;
  }
  // WebTorrent offers again to those whom it has.
  if (links_.stranger_has(offer.peer_id, info_hash))
    return;
  if (links_.count(PeerLink::State::connecting) < most_connecting && host_.make_room())
    answer(tracker, offer, description->fingerprint);
}

void Introductions::answer(const std::string& tracker, const signal::RelayedOffer& offer,
                           const Sha256& fingerprint) {
  auto& link = links_.make(ice(), PeerLink::State::connecting, host_.now());
  link.answers = true;
  link.fingerprint = fingerprint;
  link.tracker_id = offer.peer_id;
  link.first = Wanted{to_sha1(offer.info_hash), tracker};
  if (const auto status = link.link->answer(offer.sdp); !status) {
    g_debug("an offer: %s", status.error().message.c_str());
    links_.discard(link);
    return;
  }
  replies_[&link] = {tracker, offer.info_hash, offer.peer_id, offer.offer_id};
}

void Introductions::on_answer(const std::string& tracker, const signal::RelayedAnswer& answer) {
  auto* link = offers_.take(answer.offer_id, tracker, answer.info_hash);
  if (!link)
    return;
  auto* release = find(to_sha1(answer.info_hash));
  const auto description = parse_description(answer.sdp);
  if (!release || !description || answer.peer_id == own_id_ ||
      host_.banned(description->fingerprint)) {
    links_.close(*link);
    return;
  }
  release->search.was_answered(tracker);
  const Wanted wanted{release->swarm->info_hash(), tracker};
  auto* other = links_.find(description->fingerprint, answer.peer_id);
  if (other && other->triad == false)
    other = nullptr;
  if (other && !crossed(*other, answer.peer_id)) {
    links_.close(*link);
    want_on(*other, wanted);
    return;
  }
  link->fingerprint = description->fingerprint;
  link->tracker_id = answer.peer_id;
  link->first = wanted;
  link->state = PeerLink::State::connecting;
  link->since = host_.now();
  if (other) {
    link->further = other->further;
    if (other->first && other->first->info_hash != wanted.info_hash)
      link->further.push_back(*other->first);
    host_.drop(*other, "two offers crossed");
  }
  if (const auto status = link->link->set_answer(answer.sdp); !status) {
    g_debug("an answer: %s", status.error().message.c_str());
    links_.close(*link);
  }
  pump();
}

// Two Triad nodes have answered each other's offers: both know it when they have the other's
// answer, and both keep the link that the lower id offered.
bool Introductions::crossed(const PeerLink& other, const signal::PeerId& peer) const {
  return other.answers && other.state == PeerLink::State::connecting && own_id_ < peer;
}

// The link is there already: it will carry this release, too.
void Introductions::want_on(PeerLink& link, const Wanted& wanted) {
  if (link.carries(wanted.info_hash) || (link.first && link.state != PeerLink::State::up &&
                                         link.first->info_hash == wanted.info_hash))
    return;
  if (link.state == PeerLink::State::up && link.triad == true)
    host_.open(link, wanted);
  else if (!link.triad && std::ranges::find(link.further, wanted.info_hash, &Wanted::info_hash) ==
                              link.further.end())
    link.further.push_back(wanted);
}

void Introductions::on_description(PeerLink& link, const std::string& sdp) {
  if (link.state == PeerLink::State::offering) {
    offers_.ready(link, sdp);
    pump();
    return;
  }
  const auto found = replies_.find(&link);
  if (found == replies_.end())
    return;
  const auto reply = std::move(found->second);
  replies_.erase(found);
  host_.trackers().answer(reply.tracker, reply.info_hash, reply.to, reply.offer, sdp);
}

void Introductions::on_closed(PeerLink& link) {
  offers_.forget(link);
  replies_.erase(&link);
}

void Introductions::on_met(const Sha1& info_hash, bool by_channel) {
  if (auto* release = find(info_hash))
    release->search.met(by_channel);
}

void Introductions::learn_stun(const std::string& tracker, const std::vector<std::string>& urls) {
  for (const auto& url : urls) {
    const auto server = parse_stun_url(url);
    if (!server || std::ranges::find(stun_, *server) != stun_.end() ||
        !host_.may_ask(tracker, *server))
      continue;
    if (stun_.size() == most_stun)
      stun_.erase(stun_.begin());
    stun_.push_back(*server);
  }
}

IceSettings Introductions::ice() const {
  auto ice = ice_;
  if (ice.stun.empty())
    ice.stun = stun_;
  return ice;
}

void Introductions::pump() {
  const auto now = host_.now();
  close_all(offers_.expire(now));
  std::size_t lacking = 0;
  for (auto& [info_hash, release] : releases_) {
    const auto wanted = release.swarm->wanted();
    for (const auto& tracker : release.search.trackers()) {
      const auto due = host_.wants_links()
                           ? release.search.due(tracker, wanted, release.swarm->links(), now)
                           : 0;
      if (due == 0)
        continue;
      // One announce is to carry them all.
      if (offers_.free() < due && offers_.gathering() == 0)
        lacking = std::max(lacking, due - offers_.free());
      if (offers_.free() < due && (offers_.gathering() > 0 || offers_.size() < Offers::most))
        continue;
      const auto given = offers_.give(due, tracker, to_signal(info_hash));
      if (given.empty())
        continue;
      if (host_.trackers().offer(tracker, to_signal(info_hash), given))
        release.search.gave(tracker, static_cast<unsigned>(given.size()), now);
      else
        offers_.come_back(tracker, to_signal(info_hash));
    }
  }
  make_offers(lacking);
  for (auto& [info_hash, release] : releases_)
    look(release);
}

void Introductions::make_offers(std::size_t count) {
  const auto room = Offers::most - std::min(Offers::most, offers_.size());
  for (std::size_t i = 0; i < std::min(count, room); ++i) {
    auto& link = links_.make(ice(), PeerLink::State::offering, host_.now());
    offers_.add(link, host_.now());
    link.link->offer();
  }
}

void Introductions::close_all(const std::vector<PeerLink*>& links) {
  for (auto* link : links)
    links_.close(*link);
}

void Introductions::look(Release& release) {
  auto& swarm = *release.swarm;
  const auto now = host_.now();
  const bool wanting = swarm.wanted() > 0;
  if (wanting && !std::exchange(release.wanting, wanting))
    release.search.began(now);
  release.wanting = wanting;
  swarm.set_looking(wanting && release.search.hopeful(now) &&
                    (release.search.pending(now) || connecting(swarm.info_hash()) ||
                     swarm.settling() || offers_.gathering() > 0));
}

bool Introductions::connecting(const Sha1& info_hash) const {
  return std::ranges::any_of(links_.all(), [&](const PeerLink* link) {
    return link->state == PeerLink::State::connecting && link->first &&
           link->first->info_hash == info_hash;
  });
}

bool Introductions::excluded(const Sha1& info_hash) const {
  const auto found = releases_.find(info_hash);
  return found != releases_.end() && found->second.search.excluded();
}

bool Introductions::excluded(const Sha1& info_hash, const std::string& tracker) const {
  const auto found = releases_.find(info_hash);
  return found != releases_.end() && found->second.search.excluded(tracker);
}

Introductions::Release* Introductions::find(const Sha1& info_hash) {
  const auto found = releases_.find(info_hash);
  return found == releases_.end() ? nullptr : &found->second;
}

} // namespace triad::company
