// SPDX-License-Identifier: LGPL-2.1-or-later
// A node's Company: made when the first release needs it, with the settings that hold for the node.
//
// Engine thread only.
#pragma once

#include "cache/cache.h"
#include "node/engine.h"
#include "node/shared_swarm.h"
#include "node/swarm_facts.h"
#include "peers/company/company.h"
#include "server/address_watch.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace triad {

class Peers {
public:
  using MakeCompany =
      std::function<std::unique_ptr<Company>(CompanyHost, CompanySettings, std::uint64_t seed)>;
  // Instead of Company::make, for tests; empty: that again. Also forgets that peers were used.
  // Before anything uses peers.
  static void set_factory(MakeCompany make);
  // True once in a process: the user is told that peers are used.
  [[nodiscard]] static bool first_use();

  Peers(Engine& engine, std::shared_ptr<Cache> cache);
  ~Peers(); // after all swarms
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;

  void set(const CompanySettings& settings);
  // Whether a release with these trackers may use peers.
  [[nodiscard]] bool wanted(const std::vector<std::string>& trackers) const;
  // All trackers that a release with these has.
  [[nodiscard]] std::vector<std::string>
  all_trackers(const std::vector<std::string>& trackers) const;
  [[nodiscard]] std::shared_ptr<SharedSwarm> join(const SwarmFacts& facts);

  // How far a reader's data reaches beyond its playhead; empty: it doesn't play, or has all.
  void set_lead(const void* reader, std::optional<std::chrono::nanoseconds> lead);

  [[nodiscard]] CompanyStats stats() const; // all zero before the first release

private:
  Company& company();
  void watch_cache();
  [[nodiscard]] bool may_connect(const std::string& tracker, const sockaddr& address);

  Engine& engine_;
  const std::shared_ptr<Cache> cache_;
  CompanySettings settings_;
  std::unique_ptr<Company> company_;
  std::optional<AddressWatch> addresses_; // with the company
  std::map<Sha1, std::weak_ptr<SharedSwarm>> swarms_;
  std::map<const void*, std::chrono::nanoseconds> leads_;
  EngineTimer cache_timer_;
};

} // namespace triad
