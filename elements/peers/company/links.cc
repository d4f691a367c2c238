// SPDX-License-Identifier: LGPL-2.1-or-later
// Who is linked, and whom to let go.
#include "peers/company/links.h"

#include "peers/company/peer.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace triad::company {

namespace {

// Both sides wait so long for STUN servers that don't answer before two nodes meet.
constexpr auto gathering = std::chrono::milliseconds(250);

} // namespace

bool PeerLink::carries(const Sha1& info_hash) const {
  return std::ranges::any_of(peers,
                             [&](const Peer* peer) { return peer->info_hash() == info_hash; });
}

struct Links::Entry final : PeerLink, Link::Listener {
  Links* links = nullptr;
  std::unique_ptr<Link> owned;

  void on_description(const std::string& sdp) override {
    if (state != State::gone)
      links->owner_.on_description(*this, sdp);
  }
  void on_connected() override {
    if (state != State::gone)
      links->owner_.on_connected(*this);
  }
  void on_channel(const std::shared_ptr<Channel>& channel) override {
    if (state != State::gone)
      links->owner_.on_channel(*this, channel);
    else
      channel->reset();
  }
  void on_closed(Link::End end, const std::string& reason) override {
    links->closed(*this, end, reason);
  }
};

Links::Links(Make make, Tasks& tasks, Owner& owner)
    : make_(std::move(make)), tasks_(tasks), owner_(owner) {}

Links::~Links() = default;

PeerLink& Links::make(const IceSettings& ice, PeerLink::State state, Time now) {
  auto& entry = *entries_.emplace_back(std::make_unique<Entry>());
  entry.links = this;
  entry.number = ++last_number_;
  LinkOptions options;
  options.ice = ice;
  options.gathering = gathering;
  entry.owned = make_(std::move(options), entry);
  entry.link = entry.owned.get();
  entry.state = state;
  entry.since = entry.used = now;
  shown_.push_back(&entry);
  return entry;
}

void Links::discard(PeerLink& link) {
  auto& entry = static_cast<Entry&>(link);
  hide(entry);
  bury(entry);
}

void Links::close(PeerLink& link) {
  if (link.state == PeerLink::State::gone)
    return;
  hide(static_cast<Entry&>(link));
  link.link->close();
}

void Links::closed(Entry& entry, Link::End end, const std::string& reason) {
  if (entry.state != PeerLink::State::gone) {
    hide(entry);
    owner_.on_closed(entry, end, reason);
  }
  bury(entry);
}

void Links::hide(Entry& entry) {
  entry.state = PeerLink::State::gone;
  std::erase(shown_, &entry);
}

// A link must not be destroyed from within its own callback.
void Links::bury(Entry& entry) {
  tasks_.post([this, &entry] {
    std::erase_if(entries_, [&](const auto& one) { return one.get() == &entry; });
  });
}

PeerLink* Links::find(const Sha256& fingerprint, const signal::PeerId& id) const {
  const auto found = std::ranges::find_if(shown_, [&](const PeerLink* link) {
    return link->state != PeerLink::State::offering && link->fingerprint == fingerprint &&
           link->tracker_id == id;
  });
  return found == shown_.end() ? nullptr : *found;
}

bool Links::stranger_has(const signal::PeerId& id, const Sha1& info_hash) const {
  return std::ranges::any_of(shown_, [&](const PeerLink* link) {
    return link->triad == false && link->tracker_id == id && link->carries(info_hash);
  });
}

std::size_t Links::count(PeerLink::State state) const {
  return static_cast<std::size_t>(std::ranges::count(shown_, state, &PeerLink::state));
}

PeerLink* Links::least_useful(Time now) const {
  PeerLink* least = nullptr;
  const auto worth = [](const PeerLink& link) {
    return std::tuple(!link.peers.empty(), link.rate, link.used);
  };
  for (auto* link : shown_)
    if (link->state == PeerLink::State::up &&
        (link->peers.empty() || now - link->since > std::chrono::seconds(30)) &&
        (!least || worth(*link) < worth(*least)))
      least = link;
  return least;
}

void Links::measure(Time elapsed) {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  if (seconds <= 0)
    return;
  for (auto* link : shown_) {
    if (link->state != PeerLink::State::up)
      continue;
    const auto facts = link->link->facts();
    const auto total = facts.sent + facts.received;
    const double now = static_cast<double>(total - std::exchange(link->counted, total)) / seconds;
    link->rate += (now - link->rate) / 8; // about the last eight looks
  }
}

} // namespace triad::company
