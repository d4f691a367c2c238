// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kit/simulation.h"

#include "release/metainfo.h"

#include <algorithm>
#include <stdexcept>

namespace triad::kit {
namespace {

using namespace std::chrono_literals;

constexpr Duration verify_time = 1ms;

} // namespace

ReleasePtr shape_release(const std::vector<std::uint64_t>& track_lengths,
                         std::uint32_t piece_length) {
  std::string files;
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < track_lengths.size(); ++i) {
    const std::string name = "track" + std::to_string(100'000 + i) + ".mp3";
    files += "d6:lengthi" + std::to_string(track_lengths[i]) + "e4:pathl" +
             std::to_string(name.size()) + ":" + name + "ee";
    size += track_lengths[i];
  }
  const std::uint64_t pieces = (size + piece_length - 1) / piece_length;
  const std::string hashes(pieces * 20, 'x');
  const std::string text = "d4:infod5:filesl" + files + "e4:name5:Album12:piece lengthi" +
                           std::to_string(piece_length) + "e6:pieces" +
                           std::to_string(hashes.size()) + ":" + hashes + "ee";
  auto release = parse_metainfo({reinterpret_cast<const std::byte*>(text.data()), text.size()});
  if (!release)
    throw std::runtime_error(release.error().message);
  return *release;
}

Simulation::Simulation(ReleasePtr release, std::uint64_t seed)
    : random(seed),
      release_(release),
      schedule_(release, seed),
      verified_(release->piece_count()) {}

SimulatedSupplier& Simulation::add(const SimulatedSupplier::Spec& spec) {
  const SupplierId id{next_id_++};
  auto& supplier =
      *suppliers_.emplace(id, std::make_unique<SimulatedSupplier>(*this, id, spec)).first->second;
  SupplierAdded added{id, spec.kind};
  added.has = spec.has;
  if (spec.kind == SupplierKind::peer) {
    added.delay = spec.delay; // a link knows its round-trip time
    added.max_requests = 250;
  }
  tell(added);
  return supplier;
}

SimulatedPlayer& Simulation::add(const SimulatedPlayer::Spec& spec) {
  const ReaderId id{next_id_++};
  auto& player =
      *players_.emplace(id, std::make_unique<SimulatedPlayer>(*this, id, spec)).first->second;
  player.start();
  return player;
}

void Simulation::remove(SimulatedSupplier& supplier) {
  supplier.leave();
  std::erase_if(asked_, [&](const auto& each) { return each.second == supplier.id(); });
  tell(SupplierRemoved{supplier.id()});
}

void Simulation::remove(SimulatedPlayer& player) {
  player.leave();
}

void Simulation::have(PieceIndex piece) {
  verified_[piece.value()] = true;
  tell(PieceVerified{piece});
}

void Simulation::tell(const ScheduleEvent& event) {
  if (const auto* failed = std::get_if<RequestFailed>(&event))
    for (std::uint32_t i = 0; i < failed->count; ++i)
      asked_.erase({failed->first + i, failed->supplier});
  schedule_.on(event, clock.now());
  while (const auto action = schedule_.poll())
    act(*action);
}

void Simulation::act(const ScheduleAction& action) {
  const auto note = [&](std::uint64_t value) {
    fingerprint_ = (fingerprint_ ^ value) * 0x100000001b3u;
  };
  note(static_cast<std::uint64_t>(clock.now().count()) * 8 + action.index());
  if (const auto* request = std::get_if<Request>(&action)) {
    note(static_cast<std::uint64_t>(request->supplier));
    note(request->first.value() + (std::uint64_t{request->count} << 32));
    act_request(*request);
  } else if (const auto* cancel = std::get_if<Cancel>(&action)) {
    note(cancel->first.value() + (std::uint64_t{cancel->count} << 32));
    for (std::uint32_t i = 0; i < cancel->count; ++i)
      asked_.erase({cancel->first + i, cancel->supplier});
    suppliers_.at(cancel->supplier)->cancel(*cancel);
  } else if (const auto* wake = std::get_if<WakeAt>(&action)) {
    if (wake->time <= clock.now())
      violations_.push_back("woken for nothing");
    clock.at(wake->time, [this, id = ++wake_] {
      if (id == wake_)
        tell(Tick{});
    });
  } else if (const auto* bad = std::get_if<SentBadPiece>(&action)) {
    totals_.liars.push_back(bad->supplier);
  }
}

void Simulation::act_request(const Request& request) {
  const auto violate = [&](const char* what, BlockIndex block) {
    violations_.push_back(std::string(what) + ": block " + std::to_string(block.value()));
  };
  SimulatedSupplier& supplier = *suppliers_.at(request.supplier);
  const bool server = supplier.spec().kind == SupplierKind::server;
  if (request.count == 0 || std::uint64_t{request.count} * block_size > 1024 * 1024)
    violate("request of a wrong size", request.first);
  totals_.requests_server += server ? 1 : 0;
  for (std::uint32_t i = 0; i < request.count; ++i) {
    const BlockIndex block = request.first + i;
    const PieceIndex piece = release_->piece_of(block);
    if (piece.value() >= release_->piece_count()) {
      violate("beyond the release", block);
      return;
    }
    if (verified_[piece.value()])
      violate("already verified", block);
    if (supplier.spec().has && !(*supplier.spec().has)[piece.value()])
      violate("not had by its supplier", block);
    if (allowed && !allowed(piece))
      violate("not allowed", block);
    const auto first = asked_.lower_bound({block, SupplierId{0}});
    std::size_t askers = 0;
    for (auto it = first; it != asked_.end() && it->first == block; ++it)
      ++askers;
    totals_.doubled += askers == 1 ? 1 : 0;
    if (askers > 1)
      violate("asked of three", block);
    if (!asked_.insert({block, request.supplier}).second)
      violate("asked twice of one", block);
  }
  supplier.request(request);
}

void Simulation::deliver(SimulatedSupplier& from, BlockIndex block, bool lie) {
  const PieceIndex piece = release_->piece_of(block);
  const std::uint64_t bytes = release_->block_range(block).size();
  asked_.erase({block, from.id()});
  (from.spec().kind == SupplierKind::server ? totals_.bytes_server : totals_.bytes_peers) += bytes;
  if (verified_[piece.value()] || arrived_.contains(block))
    totals_.bytes_wasted += bytes;
  if (!verified_[piece.value()])
    arrived_[block] = {lie, from.id()};
  tell(BlockArrived{from.id(), block});
  check(piece);
}

void Simulation::check(PieceIndex piece) {
  if (verified_[piece.value()])
    return;
  const BlockIndex first = release_->first_block(piece);
  const auto begin = arrived_.lower_bound(first);
  std::uint32_t count = 0;
  auto end = begin;
  bool lie = false;
  while (end != arrived_.end() && release_->piece_of(end->first) == piece) {
    lie = lie || end->second.lie;
    ++count;
    ++end;
  }
  if (count < release_->block_count(piece))
    return;
  if (lie)
    for (auto it = begin; it != end; ++it)
      if (it->second.lie)
        lied_[piece].push_back(it->second.from);
  arrived_.erase(begin, end);
  if (lie) {
    totals_.bytes_bad += release_->piece_range(piece).size();
    tell(PieceBad{piece});
    return;
  }
  verified_[piece.value()] = true;
  if (const auto lied = lied_.find(piece); lied != lied_.end()) {
    totals_.liars.insert(totals_.liars.end(), lied->second.begin(), lied->second.end());
    lied_.erase(lied);
  }
  clock.after(verify_time, [this, piece] {
    tell(PieceVerified{piece});
    for (const auto& [id, player] : players_)
      player->on_piece();
  });
}

} // namespace triad::kit
