// SPDX-License-Identifier: LGPL-2.1-or-later
// What a Company needs of its node: settings, the quota's count, who may be connected to.
#include "node/peers.h"

#include "node/peer_settings.h"
#include "node/release_stock.h"
#include "server/address.h"

#include <gio/gio.h>

#include <algorithm>
#include <mutex>
#include <random>

namespace triad {

namespace {

// How soon peers hear of what another process has stored in the same cache.
constexpr auto cache_interval = std::chrono::seconds(2);

struct Process {
  std::mutex mutex; // of what follows
  Peers::MakeCompany make;
  bool used = false;
};

// Never destroyed; see Engine::get().
Process& process() {
  static auto* const made = new Process;
  return *made;
}

Peers::MakeCompany factory() {
  Process& all = process();
  const std::lock_guard lock(all.mutex);
  return all.make ? all.make : Peers::MakeCompany(Company::make);
}

// The calendar month, UTC: 202611.
std::uint32_t this_month() {
  GDateTime* const now = g_date_time_new_now_utc();
  const auto month =
      static_cast<std::uint32_t>(g_date_time_get_year(now) * 100 + g_date_time_get_month(now));
  g_date_time_unref(now);
  return month;
}

} // namespace

void Peers::set_factory(MakeCompany make) {
  Process& all = process();
  const std::lock_guard lock(all.mutex);
  all.make = std::move(make);
  all.used = false;
}

bool Peers::first_use() {
  Process& all = process();
  const std::lock_guard lock(all.mutex);
  return !std::exchange(all.used, true);
}

Peers::Peers(Engine& engine, std::shared_ptr<Cache> cache)
    : engine_(engine), cache_(std::move(cache)), cache_timer_(engine) {}

Peers::~Peers() = default;

void Peers::set(const CompanySettings& settings) {
  if (settings == settings_)
    return;
  settings_ = settings;
  if (company_)
    company_->set(settings_);
}

std::vector<std::string> Peers::all_trackers(const std::vector<std::string>& trackers) const {
  std::vector<std::string> all;
  for (const auto* list : {&trackers, &settings_.trackers})
    for (const std::string& url : *list)
      if (is_peer_tracker(url) && std::find(all.begin(), all.end(), url) == all.end())
        all.push_back(url);
  return all;
}

bool Peers::wanted(const std::vector<std::string>& trackers) const {
  return !all_trackers(trackers).empty();
}

Company& Peers::company() {
  if (company_)
    return *company_;
  CompanyHost host;
  host.context = engine_.context();
  host.may_connect = [this](const std::string& tracker, const sockaddr& address) {
    return may_connect(tracker, address);
  };
  host.count_upload = [this](std::uint64_t bytes) {
    return cache_->count_uploaded(this_month(), bytes);
  };
  host.metered = [] {
    return g_network_monitor_get_network_metered(g_network_monitor_get_default()) != FALSE;
  };
  (void)cache_->count_uploaded(this_month(), 0); // asks the index for what was counted before
  std::random_device random;
  company_ = factory()(std::move(host), settings_, random());
  addresses_.emplace(engine_.context(), [this] { company_->address_lost(is_lost_address); });
  return *company_;
}

std::shared_ptr<SharedSwarm> Peers::join(const SwarmFacts& facts) {
  std::erase_if(swarms_, [](const auto& each) { return each.second.expired(); });
  std::shared_ptr<Stock> stock;
  if (facts.release)
    stock = std::make_shared<ReleaseStock>(facts.release, facts.entry);
  auto& known = swarms_[facts.info_hash];
  if (auto shared = known.lock()) {
    if (facts.release && !shared->follows()) {
      shared->swarm().set_release(facts.release, std::move(stock));
      shared->follow(facts.entry);
    }
    return shared;
  }
  SwarmOptions options;
  options.info_hash = facts.info_hash;
  options.v2 = facts.v2;
  options.info_hash_v2 = facts.info_hash_v2;
  options.release = facts.release;
  for (const std::string& url : facts.trackers)
    if (is_peer_tracker(url))
      options.trackers.push_back(url);
  options.info = facts.info;
  options.stock = std::move(stock);
  auto shared =
      std::make_shared<SharedSwarm>(company().join(options), options.trackers, facts.local);
  if (facts.entry)
    shared->follow(facts.entry);
  known = shared;
  if (!cache_timer_.armed())
    watch_cache();
  return shared;
}

void Peers::watch_cache() {
  std::erase_if(swarms_, [](const auto& each) { return each.second.expired(); });
  if (swarms_.empty())
    return;
  cache_->look_again();
  cache_timer_.start(cache_interval, [this] { watch_cache(); });
}

bool Peers::may_connect(const std::string& tracker, const sockaddr& address) {
  if (!is_private_address(address))
    return true;
  const auto lists = [&](const std::vector<std::string>& trackers) {
    return std::find(trackers.begin(), trackers.end(), tracker) != trackers.end();
  };
  return lists(settings_.trackers) ||
         std::any_of(swarms_.begin(), swarms_.end(), [&](const auto& each) {
           const auto swarm = each.second.lock();
           return swarm && swarm->local() && lists(swarm->trackers());
         });
}

void Peers::set_lead(const void* reader, std::optional<std::chrono::nanoseconds> lead) {
  if (!lead && leads_.erase(reader) == 0)
    return;
  if (lead)
    leads_[reader] = *lead;
  if (!company_)
    return;
  std::optional<std::chrono::nanoseconds> shortest;
  for (const auto& [each, its_lead] : leads_)
    shortest = std::min(shortest.value_or(its_lead), its_lead);
  company_->own_lead(shortest);
}

CompanyStats Peers::stats() const {
  return company_ ? company_->stats() : CompanyStats();
}

} // namespace triad
