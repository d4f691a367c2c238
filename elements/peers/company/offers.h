// SPDX-License-Identifier: LGPL-2.1-or-later
// Offers that were made and not answered: each holds a link that has gathered its candidates. Those
// not yet given to a tracker can be given for any release. Pure bookkeeping.
#pragma once

#include "peers/company/context.h"
#include "peers/company/links.h"
#include "peers/company/trackers.h"

#include <optional>
#include <string>
#include <vector>

namespace triad::company {

class Offers {
public:
  static constexpr std::size_t most = 10; // at a time
  // Browsers' clients forget an offer after 50 s, and a NAT its mapping soon after.
  static constexpr Time life = std::chrono::seconds(50);

  explicit Offers(std::uint64_t seed) : random_(seed) {}

  void add(PeerLink& link, Time now); // gathers
  void ready(PeerLink& link, std::string sdp);
  // Up to `count` ready ones, under new names.
  [[nodiscard]] std::vector<Trackers::PooledOffer>
  give(std::size_t count, const std::string& tracker, const signal::InfoHash& info_hash);
  // The link of the offer that is answered; it is not pooled any more. Null: there is no such one.
  [[nodiscard]] PeerLink* take(const signal::OfferId& id, const std::string& tracker,
                               const signal::InfoHash& info_hash);
  // Nobody was there to get what was given: it can be given again.
  void come_back(const std::string& tracker, const signal::InfoHash& info_hash);
  // Those given there, to be closed. No tracker: for the release.
  [[nodiscard]] std::vector<PeerLink*> withdraw(const signal::InfoHash& info_hash,
                                                const std::optional<std::string>& tracker);
  [[nodiscard]] std::vector<PeerLink*> expire(Time now); // to be closed
  [[nodiscard]] std::vector<PeerLink*> clear();          // to be closed
  void forget(const PeerLink& link);                     // it is closed

  [[nodiscard]] std::size_t size() const { return offers_.size(); }
  [[nodiscard]] std::size_t gathering() const;
  [[nodiscard]] std::size_t free() const; // ready, not given

private:
  struct Given {
    signal::OfferId id;
    std::string tracker;
    signal::InfoHash info_hash;
  };
  struct One {
    PeerLink* link;
    Time made{0};
    std::string sdp; // empty: still gathers
    std::optional<Given> given;
  };
  template <typename Which>
  std::vector<PeerLink*> remove(Which which);
  [[nodiscard]] signal::OfferId name();

  std::uint64_t random_;
  std::vector<One> offers_;
};

} // namespace triad::company
