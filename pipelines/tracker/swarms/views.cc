// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/swarms/views.h"

#include <utility>

namespace triad::tracker {
namespace {

using namespace std::chrono_literals;

constexpr Time fresh_for = 3s;   // then the store is asked again
constexpr Time usable_for = 10s; // then its peers may be gone
constexpr Time counts_for = 30s;
constexpr Time dealt_out_for = 200ms; // a busy swarm uses a sample up before it ages
constexpr Time longest_wait = 1s;
constexpr std::size_t most_waiting = 16 * 1024 * 1024; // bytes, of all swarms

bool older(const std::optional<Time>& when, Time now, Time age) {
  return !when || now - *when > age;
}

} // namespace

void Views::look(Swarm& swarm, Time now) {
  swarm.remote->asked = now;
  elsewhere_.look(swarm.info_hash, swarm.seeders, swarm.leechers());
}

bool Views::usable(const Swarm& swarm, Time now) {
  return swarm.remote && !older(swarm.remote->seen, now, usable_for);
}

bool Views::look_for_peers(Swarm& swarm, Time now) {
  if (!swarm.remote)
    swarm.remote = std::make_unique<Remote>();
  Remote& remote = *swarm.remote;
  const Time age = remote.dealt_out() ? dealt_out_for : fresh_for;
  if (older(remote.seen, now, age) && older(remote.asked, now, age))
    look(swarm, now);
  return !silent_ && !usable(swarm, now) && remote.asked && now - *remote.asked < longest_wait;
}

void Views::look_for_counts(Swarm& swarm, Time now) {
  if (!swarm.remote)
    swarm.remote = std::make_unique<Remote>();
  if (older(swarm.remote->seen, now, counts_for) && older(swarm.remote->asked, now, fresh_for))
    look(swarm, now);
}

bool Views::wait(Swarm& swarm, WaitingOffers&& offers) {
  const std::size_t bytes = offers.bytes();
  if (waiting_bytes_ + bytes > most_waiting)
    return false;
  waiting_bytes_ += bytes;
  Remote& remote = *swarm.remote;
  if (remote.waiting.empty()) {
    remote.waiting_until = *remote.asked + longest_wait;
    due_.push_back({swarm.info_hash, remote.waiting_until});
  }
  remote.waiting.push_back(std::move(offers));
  return true;
}

std::vector<WaitingOffers> Views::seen(Swarm& swarm, const RemoteView& view, Time now) {
  silent_ = false;
  if (!swarm.remote)
    swarm.remote = std::make_unique<Remote>();
  swarm.remote->take(swarm.info_hash, view, random_, now);
  return release(swarm);
}

std::optional<signal::InfoHash> Views::next_due(Time now) {
  if (due_.empty() || due_.front().at > now)
    return std::nullopt;
  const signal::InfoHash swarm = due_.front().swarm;
  due_.pop_front();
  return swarm;
}

std::vector<WaitingOffers> Views::stop_waiting(Swarm& swarm, Time now) {
  const bool in_vain =
      swarm.remote && !swarm.remote->waiting.empty() && now >= swarm.remote->waiting_until;
  if (!in_vain) // answered in time, and others wait for the next view
    return {};
  silent_ = true;
  return release(swarm);
}

std::vector<WaitingOffers> Views::release(Swarm& swarm) {
  for (const WaitingOffers& offers : swarm.remote->waiting)
    waiting_bytes_ -= offers.bytes();
  return std::exchange(swarm.remote->waiting, {});
}

void Views::forget(Swarm& swarm) {
  if (swarm.remote)
    (void)release(swarm);
}

} // namespace triad::tracker
