// SPDX-License-Identifier: LGPL-2.1-or-later
// A network without sockets: links that connect by their descriptions, and a tracker that hands
// offers to everybody else. Everything is delivered from the context, one step at a time.
#pragma once

#include "peers/company/company_impl.h"
#include "peers/link/description.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace triad::kit {

class FakeLink;
class FakeTrackers;

class FakeNetwork {
public:
  explicit FakeNetwork(GMainContext* context) : tasks_(context) {}

  // What one node is made of. `certificate` names it.
  [[nodiscard]] company::Seams seams(std::uint8_t certificate);

  // --- what a test may turn ---
  bool links_work = true;             // else descriptions are made, and nothing ever connects
  bool answers_pass = true;           // else the tracker keeps them
  bool closes_are_heard = true;       // else the other end takes the link for alive
  std::map<std::string, bool> dial;   // by tracker; absent: on
  std::function<company::Time()> now; // empty: the real one
  company::Time tick = std::chrono::milliseconds(20);
  void turn_dial(const std::string& tracker, bool peers);
  void tell_all(const std::string& tracker); // an interval is over: everybody announces
  // As if a peer that isn't there offered.
  void offer_to_all(const std::string& tracker, const Sha1& info_hash, const std::string& sdp,
                    std::uint8_t peer);

  // --- what it counts ---
  std::size_t links_made = 0, connected = 0, offers = 0, announces = 0;
  std::size_t links_alive() const { return links_.size(); }

  void post(std::function<void()> task) { tasks_.post(std::move(task)); }

private:
  friend class FakeLink;
  friend class FakeTrackers;

  company::Tasks tasks_;
  std::map<std::string, FakeLink*> links_; // by ufrag
  std::vector<FakeTrackers*> trackers_;
  std::uint64_t last_ = 0;
};

} // namespace triad::kit
