// SPDX-License-Identifier: LGPL-2.1-or-later
// The pool of offers.
#include "peers/company/offers.h"

#include "peers/company/random.h"

#include <algorithm>
#include <utility>

namespace triad::company {

void Offers::add(PeerLink& link, Time now) {
  offers_.push_back({&link, now, {}, {}});
}

void Offers::ready(PeerLink& link, std::string sdp) {
  for (auto& one : offers_)
    if (one.link == &link)
      one.sdp = std::move(sdp);
}

std::vector<Trackers::PooledOffer> Offers::give(std::size_t count, const std::string& tracker,
                                                const signal::InfoHash& info_hash) {
  std::vector<Trackers::PooledOffer> given;
  for (auto& one : offers_) {
    if (given.size() == count)
      break;
    if (one.sdp.empty() || one.given)
      continue;
    one.given = Given{name(), tracker, info_hash};
    given.push_back({one.given->id, one.sdp});
  }
  return given;
}

PeerLink* Offers::take(const signal::OfferId& id, const std::string& tracker,
                       const signal::InfoHash& info_hash) {
  const auto links = remove([&](const One& one) {
    return one.given && one.given->id == id && one.given->tracker == tracker &&
           one.given->info_hash == info_hash;
  });
  return links.empty() ? nullptr : links.front();
}

void Offers::come_back(const std::string& tracker, const signal::InfoHash& info_hash) {
  for (auto& one : offers_)
    if (one.given && one.given->tracker == tracker && one.given->info_hash == info_hash)
      one.given.reset();
}

std::vector<PeerLink*> Offers::withdraw(const signal::InfoHash& info_hash,
                                        const std::optional<std::string>& tracker) {
  return remove([&](const One& one) {
    return one.given && one.given->info_hash == info_hash &&
           (!tracker || one.given->tracker == *tracker);
  });
}

std::vector<PeerLink*> Offers::expire(Time now) {
  return remove([&](const One& one) { return now - one.made >= life; });
}

std::vector<PeerLink*> Offers::clear() {
  return remove([](const One&) { return true; });
}

void Offers::forget(const PeerLink& link) {
  std::erase_if(offers_, [&](const One& one) { return one.link == &link; });
}

std::size_t Offers::gathering() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(offers_, [](const One& one) { return one.sdp.empty(); }));
}

std::size_t Offers::free() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      offers_, [](const One& one) { return !one.sdp.empty() && !one.given; }));
}

template <typename Which>
std::vector<PeerLink*> Offers::remove(Which which) {
  std::vector<PeerLink*> links;
  for (const auto& one : offers_)
    if (which(one))
      links.push_back(one.link);
  std::erase_if(offers_, which);
  return links;
}

signal::OfferId Offers::name() {
  signal::OfferId id;
  fill_random(random_, id.bytes);
  return id;
}

} // namespace triad::company
