// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/company/uploads.h"

#include "peers/company/upload_pace.h"

#include <algorithm>
#include <array>
#include <bit>
#include <deque>
#include <map>
#include <tuple>

namespace triad {
namespace {

using namespace std::chrono_literals;
using Time = Uploads::Time;

constexpr Time rotation = 10s;
constexpr Time patience = 20s; // of a request; WebTorrent gives up a wire at 30 s
constexpr Time idle_limit = 2s;
constexpr Time lead_least = 3s, lead_enough = 5s;

struct Waiting {
  wire::BlockRequest block;
  Time since{0};
};

struct Peer {
  UploadLink link{};
  bool triad = false;
  bool interested = false;
  bool unchoked = false;
  bool slot = false;
  bool lazy = false;                         // lost its slot because it did not use it
  std::array<std::deque<Waiting>, 3> queues; // by urgency
  Time slot_changed{0};                      // since it has its slot, or has none
  Time asked{0};                             // last, or since it is unchoked
  std::uint64_t turn = 0;                    // bytes given, to take turns by
  std::uint64_t given = 0;                   // bytes, in this slot

  [[nodiscard]] std::size_t waiting() const {
    return queues[0].size() + queues[1].size() + queues[2].size();
  }
  // Of what waits; who can't ask yet, or can't say, counts as playing.
  [[nodiscard]] std::size_t urgency() const {
    for (std::size_t i = 0; i < queues.size(); ++i)
      if (!queues[i].empty())
        return i;
    return 0;
  }
  // Rates within a factor of two count as one.
  [[nodiscard]] int rate(Time now) const {
    const auto held = std::chrono::duration<double>(now - slot_changed).count();
    const double rate = static_cast<double>(given) / (held + 1);
    return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(rate)));
  }
};

} // namespace

struct Uploads::State {
  UploadSettings settings;
  bool allowed = true;
  bool led = true; // our own lead is long enough
  bool on = false; // what follows from all that
  std::map<UploadPeer, Peer> peers;
  UploadPace pace;
  std::optional<Time> rotate_at;
  std::deque<UploadAction> actions;
  std::optional<Time> wake;

  Peer* find(UploadPeer id) {
    const auto it = peers.find(id);
    return it == peers.end() ? nullptr : &it->second;
  }

  [[nodiscard]] bool may_give() const {
    return allowed && settings.rate != 0 && settings.slots > 0;
  }
  void update(Time now);
  void switch_over(Time now);
  void expire(Time now);
  void assign(Time now);
  bool send(Time now);
  void set_wake(Time now);

  void choke(UploadPeer id, Peer& peer);
  void unchoke(UploadPeer id, Peer& peer, Time now);
  void reject_all(UploadPeer id, Peer& peer);
  void give_slot(UploadPeer id, Peer& peer, Time now);
  void take_slot(UploadPeer id, Peer& peer, Time now);
  [[nodiscard]] bool wants(const Peer& peer, Time now) const;
  [[nodiscard]] bool idle(const Peer& peer, Time now) const;

  using Entry = std::pair<const UploadPeer, Peer>;
  [[nodiscard]] Entry* first_in_line(Time now);
  [[nodiscard]] Entry* least_useful(Time now);
  [[nodiscard]] Entry* gives_way_to(const Peer& next, Time now);
  [[nodiscard]] Entry* rotate(const Peer& next, Time now);
  [[nodiscard]] Entry* next_to_send();
};

// --- chokes and slots

void Uploads::State::reject_all(UploadPeer id, Peer& peer) {
  for (std::deque<Waiting>& queue : peer.queues) {
    for (const Waiting& each : queue)
      actions.push_back(UploadReject{id, each.block});
    queue.clear();
  }
}

void Uploads::State::choke(UploadPeer id, Peer& peer) {
  if (!peer.unchoked)
    return;
  peer.unchoked = false;
  actions.push_back(UploadChoke{id});
  reject_all(id, peer);
}

void Uploads::State::unchoke(UploadPeer id, Peer& peer, Time now) {
  if (peer.unchoked)
    return;
  peer.unchoked = true;
  peer.asked = now;
  actions.push_back(UploadUnchoke{id});
}

void Uploads::State::give_slot(UploadPeer id, Peer& peer, Time now) {
  // Who comes takes turns with those who are there; what he had, or missed, before is not made up.
  std::optional<std::uint64_t> turn;
  for (const auto& [other, each] : peers)
    if (each.slot)
      turn = std::min(turn.value_or(each.turn), each.turn);
  peer.turn = turn.value_or(0);
  peer.slot = true;
  peer.slot_changed = now;
  peer.given = 0;
  peer.lazy = false;
  unchoke(id, peer, now);
}

void Uploads::State::take_slot(UploadPeer id, Peer& peer, Time now) {
  peer.slot = false;
  peer.slot_changed = now;
  if (!peer.triad)
    choke(id, peer);
}

// Whether a slot would be of use: a Triad peer asks first, others can't before they are unchoked.
bool Uploads::State::wants(const Peer& peer, Time now) const {
  return !pace.stuck(peer.link, now) && (peer.triad ? peer.waiting() > 0 : peer.interested);
}

bool Uploads::State::idle(const Peer& peer, Time now) const {
  return !peer.triad && peer.waiting() == 0 && now - peer.asked >= idle_limit;
}

// Of those without a slot: the most urgent, who has gone without the longest; last who did not use
// it.
Uploads::State::Entry* Uploads::State::first_in_line(Time now) {
  Entry* best = nullptr;
  const auto rank = [](const Peer& peer) {
    return std::tuple(peer.lazy, peer.urgency(), peer.slot_changed);
  };
  for (Entry& entry : peers)
    if (!entry.second.slot && wants(entry.second, now) &&
        (!best || rank(entry.second) < rank(best->second)))
      best = &entry;
  return best;
}

// Of those with a slot: the least urgent, the slowest, who has had it the longest.
Uploads::State::Entry* Uploads::State::least_useful(Time now) {
  Entry* worst = nullptr;
  const auto rank = [now](const Peer& peer) {
    return std::tuple(-static_cast<int>(peer.urgency()), peer.rate(now), peer.slot_changed);
  };
  for (Entry& entry : peers)
    if (entry.second.slot && (!worst || rank(entry.second) < rank(worst->second)))
      worst = &entry;
  return worst;
}

// Whose slot this one may have at once: that of one who does not use it, or of a less urgent Triad
// peer, whom it costs no choke.
Uploads::State::Entry* Uploads::State::gives_way_to(const Peer& next, Time now) {
  for (Entry& entry : peers) {
    const Peer& peer = entry.second;
    if (!peer.slot)
      continue;
    if (idle(peer, now) && !next.lazy) {
      entry.second.lazy = true;
      return &entry;
    }
    if (peer.triad && peer.urgency() > next.urgency())
      return &entry;
  }
  return nullptr;
}

Uploads::State::Entry* Uploads::State::rotate(const Peer& next, Time now) {
  if (!rotate_at || *rotate_at > now) {
    rotate_at = rotate_at.value_or(now + rotation);
    return nullptr;
  }
  rotate_at = now + rotation;
  Entry* entry = least_useful(now);
  return entry && entry->second.urgency() >= next.urgency() ? entry : nullptr;
}

void Uploads::State::assign(Time now) {
  if (!on)
    return;
  unsigned taken = 0;
  for (auto& [id, peer] : peers) {
    if (peer.slot && !wants(peer, now))
      take_slot(id, peer, now);
    taken += peer.slot ? 1 : 0;
  }
  for (; taken > settings.slots; --taken) { // a setting changed
    Entry* entry = least_useful(now);
    take_slot(entry->first, entry->second, now);
  }
  while (Entry* next = first_in_line(now)) {
    if (taken < settings.slots) {
      ++taken;
    } else {
      Entry* victim = gives_way_to(next->second, now);
      if (!victim)
        victim = rotate(next->second, now);
      if (!victim)
        return;
      take_slot(victim->first, victim->second, now);
    }
    give_slot(next->first, next->second, now);
  }
  rotate_at.reset();
}

// --- what waits

void Uploads::State::expire(Time now) {
  for (auto& [id, peer] : peers)
    for (std::deque<Waiting>& queue : peer.queues)
      while (!queue.empty() && now - queue.front().since >= patience) {
        actions.push_back(UploadReject{id, queue.front().block});
        queue.pop_front();
      }
}

Uploads::State::Entry* Uploads::State::next_to_send() {
  Entry* best = nullptr;
  const auto rank = [](const Peer& peer) { return std::tuple(peer.urgency(), peer.turn); };
  for (Entry& entry : peers)
    if (entry.second.slot && entry.second.waiting() > 0 && !pace.full(entry.second.link) &&
        (!best || rank(entry.second) < rank(best->second)))
      best = &entry;
  return best;
}

bool Uploads::State::send(Time now) {
  bool sent = false;
  while (on && pace.ready(now)) {
    Entry* next = next_to_send();
    if (!next)
      break;
    Peer& peer = next->second;
    std::deque<Waiting>& queue = peer.queues[peer.urgency()];
    const wire::BlockRequest block = queue.front().block;
    queue.pop_front();
    peer.turn += block.length;
    peer.given += block.length;
    peer.asked = now;
    pace.sent(peer.link, block.length, now);
    actions.push_back(UploadSend{next->first, block});
    sent = true;
  }
  return sent;
}

// --- on and off

void Uploads::State::switch_over(Time now) {
  const bool may = may_give() && led;
  if (may == on)
    return;
  on = may;
  for (auto& [id, peer] : peers) {
    if (on && peer.triad) {
      unchoke(id, peer, now);
    } else if (!on) {
      peer.slot = false;
      peer.slot_changed = now;
      choke(id, peer);
    }
  }
  rotate_at.reset();
}

void Uploads::State::update(Time now) {
  switch_over(now);
  expire(now);
  do
    assign(now);
  while (send(now)); // who was given his last leaves a slot to others
  set_wake(now);
}

void Uploads::State::set_wake(Time now) {
  wake.reset();
  const auto consider = [&](Time time) {
    time = std::max(time, now + 1us);
    wake = wake ? std::min(*wake, time) : time;
  };
  for (auto& [id, peer] : peers) {
    for (const std::deque<Waiting>& queue : peer.queues)
      if (!queue.empty())
        consider(queue.front().since + patience);
    if (!on)
      continue;
    const bool useful = peer.waiting() > 0 || (!peer.triad && peer.interested);
    if (useful && pace.full(peer.link))
      consider(pace.look_at(peer.link, now));
    else if (peer.slot && peer.waiting() > 0)
      consider(pace.ready_at(now));
    if (rotate_at && peer.slot && !peer.triad && peer.waiting() == 0 && !idle(peer, now))
      consider(peer.asked + idle_limit);
  }
  if (rotate_at)
    consider(*rotate_at);
}

// --- the outside

Uploads::Uploads(const UploadSettings& settings) : state_(std::make_unique<State>()) {
  set(settings, Time{0});
}
Uploads::~Uploads() = default;

void Uploads::set(const UploadSettings& settings, Time now) {
  state_->settings = settings;
  state_->pace.set_cap(settings.rate, now);
  state_->update(now);
}

void Uploads::allow(bool allowed, Time now) {
  state_->allowed = allowed;
  state_->update(now);
}

void Uploads::own_lead(std::optional<Time> lead, Time now) {
  if (!lead || *lead >= lead_enough)
    state_->led = true;
  else if (*lead < lead_least)
    state_->led = false;
  state_->update(now);
}

void Uploads::add(UploadPeer id, UploadLink link, bool triad, Time now) {
  const auto [it, is_new] = state_->peers.try_emplace(id);
  Peer& peer = it->second;
  peer.link = link;
  state_->pace.add(link);
  peer.triad = peer.triad || triad;
  if (is_new)
    peer.slot_changed = now;
  if (peer.triad && state_->on)
    state_->unchoke(id, peer, now);
  state_->update(now);
}

void Uploads::remove(UploadPeer id, Time now) {
  const Peer* peer = state_->find(id);
  if (!peer)
    return;
  const UploadLink link = peer->link;
  state_->peers.erase(id);
  const bool used = std::any_of(state_->peers.begin(), state_->peers.end(),
                                [link](const auto& each) { return each.second.link == link; });
  if (!used)
    state_->pace.forget(link);
  std::erase_if(state_->actions, [id](const UploadAction& action) {
    return std::visit([id](const auto& each) { return each.peer == id; }, action);
  });
  state_->update(now);
}

void Uploads::interested(UploadPeer id, bool interested, Time now) {
  if (Peer* peer = state_->find(id))
    peer->interested = interested;
  state_->update(now);
}

void Uploads::requested(UploadPeer id, const wire::BlockRequest& block, wire::Urgency urgency,
                        Time now) {
  Peer* peer = state_->find(id);
  if (!peer)
    return;
  const auto same = [&](const Waiting& each) { return each.block == block; };
  for (const std::deque<Waiting>& queue : peer->queues)
    if (std::any_of(queue.begin(), queue.end(), same))
      return;
  if (!peer->unchoked || peer->waiting() >= wire::max_requests) {
    state_->actions.push_back(UploadReject{id, block});
    return;
  }
  peer->asked = now;
  peer->queues[std::min<std::size_t>(static_cast<std::size_t>(urgency), 2)].push_back({block, now});
  state_->update(now);
}

void Uploads::cancelled(UploadPeer id, const wire::BlockRequest& block, Time now) {
  Peer* peer = state_->find(id);
  if (!peer)
    return;
  const auto same = [&](const Waiting& each) { return each.block == block; };
  for (std::deque<Waiting>& queue : peer->queues)
    if (std::erase_if(queue, same) > 0)
      state_->actions.push_back(UploadReject{id, block}); // BEP 6: each request has its answer
  state_->update(now);
}

void Uploads::line(UploadLink link, std::uint64_t queued, std::uint64_t unsent, Time round_trip,
                   Time now) {
  state_->pace.line(link, queued, unsent, round_trip, now);
}

void Uploads::tick(Time now) {
  state_->update(now);
}

std::optional<UploadAction> Uploads::poll() {
  if (state_->actions.empty())
    return std::nullopt;
  const UploadAction action = state_->actions.front();
  state_->actions.pop_front();
  return action;
}

std::optional<Uploads::Time> Uploads::wake_at() const {
  return state_->wake;
}

bool Uploads::may_give() const {
  return state_->may_give();
}

double Uploads::rate() const {
  return state_->on ? state_->pace.rate() : 0;
}

std::size_t Uploads::waiting() const {
  std::size_t count = 0;
  for (const auto& [id, peer] : state_->peers)
    count += peer.waiting();
  return count;
}

} // namespace triad
