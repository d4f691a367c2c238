// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/swarms/remote.h"

#include <algorithm>

namespace triad::tracker {
namespace {

constexpr std::size_t most_kept = 64; // whatever the store sends

} // namespace

std::size_t WaitingOffers::bytes() const {
  std::size_t sum = sizeof *this;
  for (const auto& [id, sdp] : offers)
    sum += sizeof id + sdp.size();
  return sum;
}

void Remote::take(const RemoteView& view, Random& random, Time now) {
  seeders = view.seeders;
  leechers = view.leechers;
  downloaded = view.downloaded;
  sample_.assign(view.sample.begin(), view.sample.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                view.sample.size(), most_kept)));
  for (std::size_t i = sample_.size(); i > 1; --i)
    std::swap(sample_[i - 1], sample_[random.below(static_cast<std::uint32_t>(i))]);
  dealt_ = 0;
  passes_ = 0;
  seen = now;
}

} // namespace triad::tracker
