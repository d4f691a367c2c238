// SPDX-License-Identifier: LGPL-2.1-or-later
// What becomes of a company's links: channels on them, who is let go.
#include "peers/company/company_impl.h"

#include <algorithm>
#include <utility>

namespace triad::company {

namespace {

using namespace std::chrono_literals;

constexpr Time channel_patience = 15s; // for the first channel, of who offered the link
// Channels for releases that we don't have: more would be somebody who probes what is heard here.
constexpr std::size_t refused_a_minute = 10;
constexpr double idle_rate = 1000; // bytes per second; below, a link may go for another

// The address without its port.
std::string host_of(const PeerLink& link) {
  const auto address = link.link->facts().remote_address;
  return address.substr(0, address.rfind(':'));
}

// The release has come as the link was offered for it. Through which tracker the other is told of
// it when it opens a further channel for it, it does not say.
void settle_first(PeerLink& link, const Sha1& info_hash) {
  if (link.first && link.first->info_hash == info_hash)
    link.first->tracker.reset();
}

// 40 hex digits.
std::optional<Sha1> parse_label(const std::string& label) {
  Sha1 info_hash;
  if (label.size() != 2 * info_hash.size())
    return {};
  for (std::size_t i = 0; i < label.size(); ++i) {
    const char c = label[i];
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0)
      return {};
    auto& byte = info_hash[i / 2];
    byte = (byte << 4) | static_cast<std::byte>(digit);
  }
  return info_hash;
}

} // namespace

void CompanyImpl::on_description(PeerLink& link, const std::string& sdp) {
  introductions_.on_description(link, sdp);
}

void CompanyImpl::on_connected(PeerLink& link) {
  if (refused(link)) {
    drop(link, "others from its address have misbehaved");
    return;
  }
  link.state = PeerLink::State::up;
  link.since = link.used = now();
  if (!link.answers && link.first)
    open(link, *link.first);
  if (!link.answers && link.peers.empty())
    drop(link, "its release was left");
  look_over_links();
}

void CompanyImpl::open(PeerLink& link, const Wanted& wanted) {
  auto* to = swarm(wanted.info_hash);
  if (!to || link.carries(wanted.info_hash) ||
      (wanted.tracker && introductions_.excluded(wanted.info_hash, *wanted.tracker)))
    return;
  auto channel = link.link->open_channel(hex(wanted.info_hash));
  if (!channel)
    return;
  introductions_.on_met(wanted.info_hash, false);
  const Wanted met = wanted; // it may be the link's first
  settle_first(link, met.info_hash);
  to->meet({&link, std::move(channel), met.tracker, true});
}

// Which release a channel is for. WebTorrent's labels are random: the release is then the one that
// its link was offered for.
std::optional<Wanted> CompanyImpl::release_of(const PeerLink& link, const std::string& label) {
  const auto named = parse_label(label);
  if (named && swarm(*named)) {
    const bool as_offered = link.first && link.first->info_hash == *named;
    return Wanted{*named, as_offered ? link.first->tracker : std::nullopt};
  }
  if (link.answers && link.first && link.peers.empty() && swarm(link.first->info_hash))
    return link.first;
  return {};
}

void CompanyImpl::on_channel(PeerLink& link, const std::shared_ptr<Channel>& channel) {
  const auto wanted = release_of(link, channel->label());
  if (!wanted || introductions_.excluded(wanted->info_hash) ||
      (wanted->tracker && introductions_.excluded(wanted->info_hash, *wanted->tracker))) {
    refuse_channel(link, *channel);
    return;
  }
  auto* to = swarm(wanted->info_hash);
  if (auto* before = to->find(link)) {
    // Both opened one: that of the lower id stays.
    if (!before->opened_here() || !link.wire_id || wire_id_ < *link.wire_id) {
      channel->reset();
      return;
    }
    to->end(*before, "both opened a channel");
  }
  introductions_.on_met(wanted->info_hash,
                        !link.first || link.first->info_hash != wanted->info_hash);
  settle_first(link, wanted->info_hash);
  to->meet({&link, channel, wanted->tracker, false});
}

void CompanyImpl::refuse_channel(PeerLink& link, Channel& channel) {
  channel.reset();
  std::erase_if(link.refused, [&](Time at) { return now() - at > 60s; });
  link.refused.push_back(now());
  if (link.refused.size() <= refused_a_minute)
    return;
  bar(link);
  drop(link, "it asks for release after release");
}

void CompanyImpl::on_closed(PeerLink& link, Link::End, const std::string& reason) {
  g_debug("a link ended: %s", reason.c_str());
  end_peers(link, reason);
}

// Cleanly, with all that is on it.
void CompanyImpl::drop(PeerLink& link, const std::string& reason) {
  if (link.leaving)
    return;
  g_debug("closing a link: %s", reason.c_str());
  end_peers(link, reason);
  links_.close(link);
}

void CompanyImpl::end_peers(PeerLink& link, const std::string& reason) {
  link.leaving = true;
  introductions_.on_closed(link);
  for (auto* peer : std::vector(link.peers))
    if (auto* of = swarm(peer->info_hash()))
      of->end(*peer, reason);
  on_changed();
}

void CompanyImpl::on_left(PeerLink& link, const std::string& reason, bool misbehaved) {
  if (link.leaving)
    return;
  g_debug("a peer is gone: %s", reason.c_str());
  if (misbehaved)
    bar(link);
  // A WebTorrent peer will not open another channel; a Triad node's link stays warm.
  if (misbehaved || (link.peers.empty() && link.triad != true))
    drop(link, reason);
  on_changed();
}

void CompanyImpl::on_lied(PeerLink& link, const std::string& reason) {
  if (link.fingerprint)
    bans_.add(*link.fingerprint);
  drop(link, reason);
}

void CompanyImpl::bar(const PeerLink& link) {
  if (link.fingerprint)
    bans_.bar(*link.fingerprint, host_of(link), now());
}

bool CompanyImpl::banned(const Sha256& fingerprint) const {
  return bans_.contains(fingerprint, now());
}

// Unless somebody of the same house is linked and behaves: many share an address.
bool CompanyImpl::refused(const PeerLink& link) const {
  const auto host = host_of(link);
  return bans_.refuses(host, now()) && std::ranges::none_of(links_.all(), [&](const auto* other) {
           return other != &link && other->state == PeerLink::State::up && host_of(*other) == host;
         });
}

void CompanyImpl::on_identified(PeerLink& link) {
  for (const auto& wanted : std::exchange(link.further, {}))
    if (link.triad == true)
      open(link, wanted);
}

std::size_t CompanyImpl::links_in_use() const {
  return links_.count(PeerLink::State::up) + links_.count(PeerLink::State::connecting);
}

bool CompanyImpl::wants_links() const {
  return links_in_use() < settings_.max_peers;
}

bool CompanyImpl::make_room() {
  if (links_in_use() < settings_.max_peers + settings_.max_peers / 5)
    return true;
  auto* least = links_.least_useful(now());
  if (!least || (!least->peers.empty() && least->rate >= idle_rate))
    return false;
  drop(*least, "another is wanted more");
  return true;
}

void CompanyImpl::tick() {
  const auto since = now() - std::exchange(ticked_, now());
  links_.measure(since);
  for (auto& [info_hash, joined] : joined_)
    joined.swarm->tick();
  look_over_links();
  giving_.tick();
  introductions_.pump();
  if (!joined_.empty() || !links_.all().empty())
    timer_.start(seams_.tick, [this] { tick(); });
}

void CompanyImpl::look_over_links() {
  for (auto* link : std::vector(links_.all()))
    if (link->state == PeerLink::State::up && link->peers.empty() && link->triad != true &&
        now() - link->since > channel_patience)
      drop(*link, "no channel came");
  // Beyond the soft limit, those that nobody uses go.
  while (links_in_use() > settings_.max_peers) {
    auto* least = links_.least_useful(now());
    if (!least || (!least->peers.empty() && least->rate >= idle_rate))
      return;
    drop(*least, "there are enough others");
  }
}

} // namespace triad::company
