// SPDX-License-Identifier: LGPL-2.1-or-later
// Who is not linked to: liars for as long as the process runs; who floods, breaks the protocol or
// does not read, for a while, longer each time. Pure: the time comes in.
//
// A node is its certificate. Peer ids are not looked at: anybody can announce another's and have
// him barred. A new certificate costs little, so an address is refused, too, from which several
// came that are barred now.
#pragma once

#include "peers/company/context.h"
#include "release/hashes.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>

namespace triad::company {

class Bans {
public:
  static constexpr std::size_t most = 1000; // remembered; beyond, the oldest are forgotten
  static constexpr Time shortest = std::chrono::minutes(1), longest = std::chrono::hours(1);
  static constexpr std::ptrdiff_t of_one_address = 3;

  void add(const Sha256& fingerprint) { keep({fingerprint, {}, Time::max(), 0}); }

  // `host`: its address without the port; may be empty.
  void bar(const Sha256& fingerprint, const std::string& host, Time now) {
    const unsigned times = find(fingerprint) ? find(fingerprint)->times : 0;
    keep({fingerprint, host, now + std::min(shortest * (1 << std::min(times, 6U)), longest),
          times + 1});
  }

  [[nodiscard]] bool contains(const Sha256& fingerprint, Time now) const {
    const auto* banned = find(fingerprint);
    return banned && now < banned->until;
  }
  [[nodiscard]] bool refuses(const std::string& host, Time now) const {
    return !host.empty() && std::ranges::count_if(banned_, [&](const Banned& one) {
                              return one.host == host && now < one.until;
                            }) >= of_one_address;
  }
  [[nodiscard]] std::uint64_t total() const { return total_; }

private:
  struct Banned {
    Sha256 fingerprint;
    std::string host;
    Time until;
    unsigned times; // that it was barred
  };

  [[nodiscard]] const Banned* find(const Sha256& fingerprint) const {
    const auto found = std::ranges::find(banned_, fingerprint, &Banned::fingerprint);
    return found == banned_.end() ? nullptr : &*found;
  }
  void keep(Banned banned) {
    if (const auto* before = find(banned.fingerprint)) {
      if (before->until == Time::max())
        return;
      std::erase_if(banned_, [&](const Banned& one) { return &one == before; });
    }
    if (banned_.size() == most)
      banned_.pop_front();
    banned_.push_back(std::move(banned));
    ++total_;
  }

  std::deque<Banned> banned_; // the latest last
  std::uint64_t total_ = 0;
};

} // namespace triad::company
