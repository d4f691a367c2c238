// SPDX-License-Identifier: LGPL-2.1-or-later
// A node's trackers on a context of its own, and all that they say.
#pragma once

#include "kit/loop.h"
#include "peers/company/trackers.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace triad::test {

[[nodiscard]] signal::InfoHash info_hash(char filled_with);

// One listener: remembers everything.
class Node : public Trackers::Listener {
public:
  // `options`: what is not said there is made up. `name`: fills its peer id.
  explicit Node(GMainContext* context, char name, TrackersOptions options = {});

  void on_reply(const std::string& tracker, const signal::AnnounceReply& reply) override;
  void on_offer(const std::string& tracker, const signal::RelayedOffer& offer) override;
  void on_answer(const std::string& tracker, const signal::RelayedAnswer& answer) override;
  void on_scrape(const std::string& tracker, const signal::ScrapeEntry& entry) override;
  void on_announcing(const std::string& tracker, const signal::InfoHash& info_hash) override;
  void on_state(const std::string& tracker, bool connected, const std::string& reason) override;

  struct Description {
    signal::InfoHash info_hash;
    signal::PeerId peer;
    signal::OfferId id;
    std::string sdp;
  };
  signal::PeerId id;
  std::vector<signal::AnnounceReply> replies;
  std::vector<Description> offers, answers;
  std::vector<signal::ScrapeEntry> scrapes;
  std::vector<std::string> reasons; // of connections that went or were not made
  int opened = 0, announcing = 0;
  std::function<void(const std::string& tracker, const signal::InfoHash&)> when_announcing;
  std::function<void()> when_told; // after each reply, offer or state

  std::unique_ptr<Trackers> trackers;
};

} // namespace triad::test
