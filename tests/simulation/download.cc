// SPDX-License-Identifier: LGPL-2.1-or-later
#include "simulation/download.h"

#include <algorithm>

namespace triad::kit {

using namespace std::chrono_literals;

Download::Download(World& world, Host& host, std::size_t title, const NodeSpec& spec,
                   const std::vector<bool>& have)
    : world_(world),
      host_(host),
      title_(title),
      release_(world.titles[title].release),
      server_rate_(spec.server_rate),
      server_delay_(spec.server_delay),
      schedule_(release_, world.random.next()),
      server_(SupplierId(0)),
      verified_(have) {
  tell(KnownAs{host.identity()});
  for (std::uint32_t i = 0; i < have.size(); ++i)
    if (have[i])
      tell(PieceVerified{PieceIndex(i)});
  if (spec.server_rate > 0)
    tell(SupplierAdded{server_, SupplierKind::server});
}

void Download::tell(const ScheduleEvent& event) {
  if (stopped_)
    return;
  schedule_.on(event, world_.clock.now());
  while (const auto action = schedule_.poll())
    act(*action);
  if (std::holds_alternative<RunningTime>(event))
    tell_lead();
  host_.settle();
}

void Download::act(const ScheduleAction& action) {
  if (const auto* request = std::get_if<Request>(&action)) {
    if (request->supplier == server_)
      server_request(*request);
    else
      host_.request(title_, *request);
  } else if (const auto* cancel = std::get_if<Cancel>(&action)) {
    if (cancel->supplier == server_)
      server_cancel(*cancel);
    else
      host_.cancel(title_, *cancel);
  } else if (const auto* wake = std::get_if<WakeAt>(&action)) {
    world_.clock.at(wake->time, [self = weak_from_this(), this, id = ++wake_] {
      if (!self.expired() && id == wake_)
        tell(Tick{});
    });
  } else if (const auto* bad = std::get_if<SentBadPiece>(&action)) {
    if (bad->supplier != server_)
      host_.ban(title_, bad->supplier);
    else
      world_.violations.push_back("the server is taken for a liar");
  }
}

// --- what comes

void Download::block(SupplierId from, BlockIndex block, bool wrong, bool from_server) {
  if (stopped_)
    return;
  const PieceIndex piece = release_->piece_of(block);
  const std::uint64_t bytes = release_->block_range(block).size();
  World::Totals& all = world_.totals;
  (from_server ? totals_.server : totals_.peers) += bytes;
  (from_server ? all.server : all.peers) += bytes;
  totals_.by_supplier[from] += bytes;
  ++all.blocks;
  if (verified_[piece.value()] || arrived_.contains(block)) {
    totals_.wasted += bytes;
    all.wasted += bytes;
  }
  if (!verified_[piece.value()])
    arrived_[block] = {wrong, from};
  tell(BlockArrived{from, block});
  check(piece);
}

void Download::check(PieceIndex piece) {
  if (verified_[piece.value()])
    return;
  const auto begin = arrived_.lower_bound(release_->first_block(piece));
  auto end = begin;
  std::uint32_t count = 0;
  bool wrong = false;
  for (; end != arrived_.end() && release_->piece_of(end->first) == piece; ++end, ++count)
    wrong = wrong || end->second.wrong;
  if (count < release_->block_count(piece))
    return;
  // What a node finds when the right bytes have come: whose differed.
  for (auto it = begin; wrong && it != end; ++it)
    if (it->second.wrong)
      lied_[piece].insert(it->second.from);
  arrived_.erase(begin, end);
  if (wrong) {
    totals_.bad += release_->piece_range(piece).size();
    world_.totals.bad += release_->piece_range(piece).size();
    tell(PieceBad{piece});
    return;
  }
  verified_[piece.value()] = true;
  if (const auto lied = lied_.extract(piece))
    for (const SupplierId each : lied.mapped())
      host_.ban(title_, each);
  tell(PieceVerified{piece});
  host_.got(title_, piece);
  const auto players = players_;
  for (const auto& [id, player] : players)
    player->on_piece();
}

// --- the server: works on its requests in turns, as parallel connections share a line

void Download::server_request(const Request& request) {
  ++server_requests_;
  jobs_.push_back({request.first, request.count, world_.clock.now() + server_delay_});
  server_work();
}

void Download::server_cancel(const Cancel& cancel) {
  std::erase_if(jobs_, [&](const Job& job) {
    return job.next < cancel.first + cancel.count && cancel.first < job.next + job.left;
  });
}

void Download::server_work() {
  if (working_ || jobs_.empty() || stopped_)
    return;
  const Time now = world_.clock.now();
  const auto later = [this](Duration delay, std::function<void()> what) {
    working_ = true;
    world_.clock.after(delay, [self = weak_from_this(), this, what = std::move(what)] {
      if (self.expired())
        return;
      working_ = false;
      what();
      server_work();
    });
  };
  if (!world_.server_up) {
    later(server_delay_, [this] {
      const std::deque<Job> jobs = std::exchange(jobs_, {});
      for (const Job& job : jobs)
        tell(RequestFailed{server_, job.next, job.left, world_.clock.now() + 1s});
    });
    return;
  }
  auto ready = std::min_element(jobs_.begin(), jobs_.end(), [now](const Job& a, const Job& b) {
    return std::max(a.ready, now) < std::max(b.ready, now);
  });
  if (ready->ready > now) {
    later(ready->ready - now, [] {});
    return;
  }
  Job job = *ready;
  jobs_.erase(ready);
  const BlockIndex next = job.next;
  ++job.next;
  if (--job.left > 0)
    jobs_.push_back(job);
  const std::uint64_t bytes = release_->block_range(next).size();
  later(std::chrono::duration_cast<Duration>(
            std::chrono::duration<double>(static_cast<double>(bytes) / server_rate_)),
        [this, next, bytes] {
          host_.arrive(bytes, [self = weak_from_this(), this, next] {
            if (!self.expired())
              block(server_, next, false, true);
          });
        });
}

// --- players

std::shared_ptr<SimulatedPlayer> Download::play(const SimulatedPlayer::Spec& spec) {
  const ReaderId id{next_id_++};
  auto player = std::make_shared<SimulatedPlayer>(*this, id, spec);
  players_.emplace(id, player);
  player->start();
  return player;
}

void Download::leave(const std::shared_ptr<SimulatedPlayer>& player) {
  player->leave();
  players_.erase(player->id());
  // Its last tick is still to come.
  world_.clock.after(1s, [player, self = shared_from_this()] {});
  tell_lead();
}

void Download::stop() {
  const auto players = players_;
  for (const auto& [id, player] : players)
    leave(player);
  stopped_ = true;
  jobs_.clear();
}

void Download::tell_lead() {
  std::optional<Duration> least;
  for (const auto& [id, player] : players_) {
    if (player->spec().purpose != Purpose::play || player->ended())
      continue;
    const Time now = world_.clock.now();
    const Duration lead = schedule_.lead(id, now);
    if (lead >= schedule_.outlook(id, now).remaining)
      continue; // had to its end
    least = std::min(least.value_or(lead), lead);
  }
  host_.lead(least);
}

} // namespace triad::kit
