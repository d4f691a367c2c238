// SPDX-License-Identifier: LGPL-2.1-or-later
// From a peer's request to the bytes on its channel.
#include "peers/company/giving.h"

#include "peers/company/links.h"
#include "peers/company/peer.h"

#include <set>
#include <utility>
#include <vector>

namespace triad::company {

namespace {

// The month's total lies in a data base: it is told in steps.
constexpr std::uint64_t count_step = 1024 * 1024;

Time now() {
  return std::chrono::microseconds(g_get_monotonic_time());
}

UploadPeer id(const Peer& peer) {
  return static_cast<UploadPeer>(peer.number());
}

} // namespace

Giving::Giving(const CompanyHost& host, const CompanySettings& settings, Tasks& tasks)
    : host_(host),
      tasks_(tasks),
      uploads_(settings.upload),
      timer_(host.context),
      quota_(settings.upload_quota) {}

void Giving::set(const CompanySettings& settings) {
  quota_ = settings.upload_quota;
  uploads_.set(settings.upload, now());
  tick();
}

void Giving::own_lead(std::optional<Time> lead) {
  uploads_.own_lead(lead, now());
  pump();
}

void Giving::add(Peer& peer, bool triad, Stock& stock) {
  takers_[id(peer)] = {&peer, &stock};
  uploads_.add(id(peer), static_cast<UploadLink>(peer.link().number), triad, now());
  pump();
}

void Giving::remove(Peer& peer) {
  if (takers_.erase(id(peer)) == 0)
    return;
  uploads_.remove(id(peer), now());
  pump();
}

void Giving::interested(Peer& peer, bool interested) {
  uploads_.interested(id(peer), interested, now());
  pump();
}

void Giving::requested(Peer& peer, const wire::BlockRequest& block, wire::Urgency urgency) {
  uploads_.requested(id(peer), block, urgency, now());
  pump_soon();
}

void Giving::cancelled(Peer& peer, const wire::BlockRequest& block) {
  uploads_.cancelled(id(peer), block, now());
  pump_soon();
}

void Giving::tick() {
  // Other processes count, too.
  if (uncounted_ != 0 || (quota_ != 0 && now() - looked_ > std::chrono::minutes(1)))
    count(0);
  const bool metered = host_.metered && host_.metered();
  const bool used_up = quota_ != 0 && month_ >= quota_;
  uploads_.allow(!metered && !used_up, now());
  pump();
}

// Many requests come in one message: they are looked at together.
void Giving::pump_soon() {
  if (std::exchange(posted_, true))
    return;
  tasks_.post([this] {
    posted_ = false;
    pump();
  });
}

// Until nothing is left to do now; then waits for the time or for the lines.
void Giving::pump() {
  again_ = true;
  if (std::exchange(pumping_, true))
    return;
  while (std::exchange(again_, false)) {
    tell_lines();
    uploads_.tick(now());
    while (const auto action = uploads_.poll())
      carry_out(*action);
    tell_lines();
  }
  pumping_ = false;
  if (const auto at = uploads_.wake_at())
    timer_.start(*at - now(), [this] { pump(); });
  else
    timer_.stop();
}

void Giving::tell_lines() {
  std::set<const PeerLink*> links;
  for (const auto& [number, taker] : takers_)
    links.insert(&taker.peer->link());
  for (const auto* link : links) {
    const auto facts = link->link->facts();
    std::uint64_t unsent = 0;
    for (const auto* peer : link->peers)
      unsent += peer->waiting();
    uploads_.line(static_cast<UploadLink>(link->number), facts.queued + unsent, unsent,
                  facts.round_trip, now());
  }
}

void Giving::carry_out(const UploadAction& action) {
  const auto of = std::visit([](const auto& one) { return one.peer; }, action);
  const auto found = takers_.find(of);
  if (found == takers_.end())
    return;
  const auto taker = found->second;
  auto& conversation = taker.peer->conversation();
  if (std::holds_alternative<UploadUnchoke>(action))
    conversation.set_choking(false);
  else if (std::holds_alternative<UploadChoke>(action))
    conversation.set_choking(true);
  else if (const auto* send_it = std::get_if<UploadSend>(&action))
    send(taker, send_it->block);
  else if (const auto* reject = std::get_if<UploadReject>(&action))
    conversation.reject(reject->block);
  taker.peer->flush();
  taker.peer->work_soon();
}

void Giving::send(const Taker& taker, const wire::BlockRequest& block) {
  std::vector<std::byte> bytes(block.length);
  if (!taker.stock->read(PieceIndex(block.piece), block.begin, bytes)) {
    taker.peer->conversation().reject(block);
    return;
  }
  taker.peer->conversation().send_block(block, bytes);
  taker.peer->sent += bytes.size();
  sent_ += bytes.size();
  count(bytes.size());
}

void Giving::count(std::uint64_t bytes) {
  uncounted_ += bytes;
  if (!host_.count_upload || (bytes != 0 && uncounted_ < count_step))
    return;
  looked_ = now();
  month_ = host_.count_upload(std::exchange(uncounted_, 0));
}

} // namespace triad::company
