// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/swarms/fake_store.h"

#include <utility>

namespace triad::tracker {

void FakeStore::Seam::joined(const signal::InfoHash& swarm, const signal::PeerId& peer, bool seeder,
                             std::chrono::seconds lifetime) {
  ++joins;
  if (!store_.away)
    store_.peers_[swarm][peer] = {tracker_, seeder, store_.now_ + lifetime};
}

void FakeStore::Seam::left(const signal::InfoHash& swarm, const signal::PeerId& peer) {
  if (store_.away)
    return;
  auto& peers = store_.peers_[swarm];
  if (const auto found = peers.find(peer);
      found != peers.end() && found->second.tracker == tracker_)
    peers.erase(found);
}

void FakeStore::Seam::completed(const signal::InfoHash& swarm) {
  if (!store_.away)
    ++store_.downloaded_[swarm];
}

void FakeStore::Seam::look(const signal::InfoHash& swarm, std::uint32_t seeders,
                           std::uint32_t leechers) {
  ++looks;
  own_seeders = seeders;
  own_leechers = leechers;
  if (store_.away)
    return;
  (store_.slow ? store_.late_ : store_.waiting_).push_back([this, swarm] {
    if (SwarmsFixture* fixture = store_.trackers_[tracker_].fixture.get())
      fixture->swarms.seen_elsewhere(swarm, store_.view(swarm, tracker_), store_.now_);
  });
}

void FakeStore::Seam::deliver(TrackerId tracker, const signal::InfoHash& swarm,
                              const signal::PeerId& to, const signal::PeerId& from,
                              std::string_view frame) {
  ++deliveries;
  if (store_.away)
    return;
  store_.waiting_.push_back([this, tracker, swarm, to, from, frame = std::string(frame)] {
    if (SwarmsFixture* fixture = store_.trackers_[tracker].fixture.get())
      fixture->swarms.delivered(tracker_, swarm, to, from, frame, store_.now_);
  });
}

SwarmsFixture& FakeStore::add(const SwarmsSettings& settings) {
  const TrackerId id = trackers_.size();
  Tracker& tracker = trackers_.emplace_back();
  tracker.seam = std::make_unique<Seam>(*this, id);
  tracker.fixture = std::make_unique<SwarmsFixture>(settings, tracker.seam.get(), id + 1);
  tracker.fixture->now = now_;
  return *tracker.fixture;
}

void FakeStore::run() {
  if (!slow)
    for (; !late_.empty(); late_.pop_front())
      waiting_.push_back(std::move(late_.front()));
  while (!waiting_.empty()) {
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    next();
  }
}

void FakeStore::pass(std::chrono::milliseconds time) {
  now_ += time;
  for (Tracker& tracker : trackers_)
    if (tracker.fixture) {
      tracker.fixture->now = now_;
      tracker.fixture->swarms.expire(now_);
    }
}

RemoteView FakeStore::view(const signal::InfoHash& swarm, TrackerId asking) const {
  RemoteView view;
  if (const auto found = downloaded_.find(swarm); found != downloaded_.end())
    view.downloaded = found->second;
  if (const auto found = peers_.find(swarm); found != peers_.end())
    for (const auto& [peer, known] : found->second)
      if (known.tracker != asking && known.until >= now_) {
        if (++(known.seeder ? view.seeders : view.leechers) <= sample)
          view.sample.push_back({peer, known.tracker, known.seeder});
      }
  return view;
}

} // namespace triad::tracker
