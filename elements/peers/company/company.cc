// SPDX-License-Identifier: LGPL-2.1-or-later
// Settings, releases and trackers of a node's company.
#include "peers/company/company_impl.h"

#include "peers/company/ids.h"
#include "peers/company/random.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

namespace triad {

std::unique_ptr<Company> Company::make(CompanyHost host, CompanySettings settings,
                                       std::uint64_t seed) {
  return std::make_unique<company::CompanyImpl>(std::move(host), std::move(settings), seed,
                                                company::Seams());
}

} // namespace triad

namespace triad::company {

namespace {

// BEP 20: who we are, then noise.
signal::PeerId make_id(std::uint64_t& random) {
  constexpr std::string_view client = "-TD0001-";
  signal::PeerId id;
  fill_random(random, id.bytes);
  std::memcpy(id.bytes.data(), client.data(), client.size());
  return id;
}

wire::PeerId to_wire(const signal::PeerId& id) {
  wire::PeerId wire_id;
  std::memcpy(wire_id.data(), id.bytes.data(), wire_id.size());
  return wire_id;
}

} // namespace

CompanyImpl::CompanyImpl(CompanyHost host, CompanySettings settings, std::uint64_t seed,
                         Seams seams)
    : host_(std::move(host)),
      settings_(std::move(settings)),
      seams_(std::move(seams)),
      random_(seed),
      own_id_(make_id(random_)),
      wire_id_(to_wire(own_id_)),
      tasks_(host_.context),
      timer_(host_.context),
      links_(
          [this](LinkOptions options, Link::Listener& listener) {
            if (seams_.make_link)
              return seams_.make_link(std::move(options), listener);
            if (!stack_)
              stack_ = LinkStack::get(host_.context);
            return Link::make(stack_, std::move(options), listener);
          },
          tasks_, *this),
      giving_(host_, settings_, tasks_),
      introductions_(*this, links_, own_id_, next_random(random_)) {
  if (!seams_.now)
    seams_.now = [] { return std::chrono::microseconds(g_get_monotonic_time()); };
  if (!seams_.make_trackers)
    seams_.make_trackers = [](TrackersOptions options, Trackers::Listener& listener) {
      return Trackers::make(std::move(options), listener);
    };
  introductions_.set_ice(settings_.ice);
}

CompanyImpl::~CompanyImpl() {
  trackers_.reset();
  for (auto& [info_hash, joined] : joined_)
    joined.swarm->close();
}

void CompanyImpl::make_trackers() {
  TrackersOptions options;
  options.context = host_.context;
  options.own_id = own_id_;
  options.seed = next_random(random_);
  options.tls_strict = settings_.tls_strict;
  options.tls_ca_file = settings_.tls_ca_file;
  options.user_agent = "Triad";
  options.may_connect = host_.may_connect;
  trackers_ = seams_.make_trackers(std::move(options), *this);
}

void CompanyImpl::set(const CompanySettings& settings) {
  const auto before = std::exchange(settings_, settings);
  if (before == settings_)
    return;
  introductions_.set_ice(settings_.ice);
  giving_.set(settings_);
  const bool other_tls =
      before.tls_strict != settings_.tls_strict || before.tls_ca_file != settings_.tls_ca_file;
  if (trackers_ && (other_tls || before.trackers != settings_.trackers)) {
    if (other_tls)
      make_trackers();
    for (auto& [info_hash, joined] : joined_) {
      if (!other_tls)
        trackers_->leave(to_signal(info_hash));
      announce(joined);
    }
  }
  on_changed();
}

std::shared_ptr<Swarm> CompanyImpl::join(SwarmOptions options) {
  const auto info_hash = options.info_hash;
  if (const auto found = joined_.find(info_hash); found != joined_.end())
    if (auto handle = found->second.handle.lock())
      return handle;
  if (!trackers_)
    make_trackers();
  if (!timer_.armed()) {
    ticked_ = now();
    timer_.start(Time(0), [this] { tick(); });
  }
  auto& joined = joined_[info_hash];
  joined.trackers = options.trackers;
  joined.is_private = options.release && options.release->is_private();
  SwarmHost& host = *this;
  joined.swarm = std::make_unique<SwarmImpl>(host, std::move(options));
  std::shared_ptr<Swarm> handle(joined.swarm.get(),
                                [this, info_hash](Swarm*) { leave(info_hash); });
  joined.handle = handle;
  announce(joined);
  on_changed();
  return handle;
}

// Whoever lets go may be in a callback of the swarm.
void CompanyImpl::leave(const Sha1& info_hash) {
  const auto found = joined_.find(info_hash);
  if (found == joined_.end())
    return;
  std::shared_ptr<SwarmImpl> swarm = std::move(found->second.swarm);
  joined_.erase(found);
  trackers_->leave(to_signal(info_hash));
  introductions_.leave(*swarm);
  received_before_ += swarm->facts().downloaded;
  swarm->close();
  tasks_.post([swarm] {});
}

void CompanyImpl::address_lost(const std::function<bool(const std::string&)>& lost) {
  bool some_left = false, some_lost = false;
  for (auto* link : std::vector(links_.all())) {
    if (link->state != PeerLink::State::up)
      continue;
    const bool gone = lost(link->link->facts().own_address);
    (gone ? some_lost : some_left) = true;
    if (gone)
      drop(*link, "its address is gone");
  }
  if (!trackers_ || (some_left && !some_lost))
    return;
  // The others take the links for alive for up to 10 s, and answer no offer of who is linked:
  // so we come back as somebody else.
  if (!some_left) {
    own_id_ = make_id(random_);
    wire_id_ = to_wire(own_id_);
  }
  introductions_.begin_anew(own_id_);
  make_trackers();
  for (auto& [info_hash, joined] : joined_)
    announce(joined);
}

void CompanyImpl::announce(Joined& joined) {
  const auto urls = all_trackers(joined);
  joined.announced = joined.swarm->facts();
  introductions_.join(*joined.swarm, urls);
  trackers_->join(to_signal(joined.swarm->info_hash()), urls, joined.announced);
}

std::vector<std::string> CompanyImpl::all_trackers(const Joined& joined) const {
  auto all = joined.trackers;
  if (joined.is_private)
    return all;
  for (const auto& url : settings_.trackers)
    if (std::ranges::find(all, url) == all.end())
      all.push_back(url);
  return all;
}

void CompanyImpl::own_lead(std::optional<std::chrono::nanoseconds> lead) {
  giving_.own_lead(lead);
}

CompanyStats CompanyImpl::stats() const {
  CompanyStats stats;
  stats.links = links_.count(PeerLink::State::up);
  stats.connecting = links_.count(PeerLink::State::connecting);
  stats.received = received_before_;
  for (const auto& [info_hash, joined] : joined_)
    stats.received += joined.swarm->facts().downloaded;
  stats.sent = giving_.sent();
  stats.upload_rate = giving_.rate();
  stats.banned = bans_.total();
  std::set<std::string> connected;
  for (const auto& [info_hash, joined] : joined_)
    for (const auto& url : trackers_->connected(to_signal(info_hash)))
      connected.insert(url);
  stats.trackers_connected = connected.size();
  return stats;
}

SwarmImpl* CompanyImpl::swarm(const Sha1& info_hash) {
  const auto found = joined_.find(info_hash);
  return found == joined_.end() ? nullptr : found->second.swarm.get();
}

Trackers& CompanyImpl::trackers() {
  return *trackers_;
}

PeerNumber CompanyImpl::next_number() {
  return static_cast<PeerNumber>(++last_number_);
}

void CompanyImpl::on_changed() {
  if (std::exchange(changed_posted_, true))
    return;
  tasks_.post([this] {
    changed_posted_ = false;
    introductions_.pump();
    for (auto& [info_hash, joined] : joined_) {
      const auto facts = joined.swarm->facts();
      if ((facts.left == 0) != (joined.announced.left == 0) ||
          facts.left_known != joined.announced.left_known) {
        joined.announced = facts;
        trackers_->update(to_signal(info_hash), facts);
      }
    }
  });
}

void CompanyImpl::on_reply(const std::string& tracker, const signal::AnnounceReply& reply) {
  introductions_.on_reply(tracker, reply);
}

void CompanyImpl::on_offer(const std::string& tracker, const signal::RelayedOffer& offer) {
  introductions_.on_offer(tracker, offer);
}

void CompanyImpl::on_answer(const std::string& tracker, const signal::RelayedAnswer& answer) {
  introductions_.on_answer(tracker, answer);
}

// Names are not looked at: what is asked is always the same, and answers go nowhere.
bool CompanyImpl::may_ask(const std::string& tracker, const StunServer& server) const {
  if (!host_.may_connect)
    return true;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(server.port);
  if (inet_pton(AF_INET, server.host.c_str(), &v4.sin_addr) == 1)
    return host_.may_connect(tracker, reinterpret_cast<const sockaddr&>(v4));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(server.port);
  if (inet_pton(AF_INET6, server.host.c_str(), &v6.sin6_addr) == 1)
    return host_.may_connect(tracker, reinterpret_cast<const sockaddr&>(v6));
  return true;
}

void CompanyImpl::on_scrape(const std::string&, const signal::ScrapeEntry&) {}

void CompanyImpl::on_announcing(const std::string&, const signal::InfoHash& info_hash) {
  const auto found = joined_.find(to_sha1(info_hash));
  if (found == joined_.end())
    return;
  found->second.announced = found->second.swarm->facts();
  trackers_->update(info_hash, found->second.announced);
}

void CompanyImpl::on_state(const std::string& tracker, bool connected, const std::string& reason) {
  if (!connected)
    g_debug("a tracker is gone: %s", reason.c_str());
  introductions_.on_state(tracker, connected);
}

} // namespace triad::company
