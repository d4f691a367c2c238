// SPDX-License-Identifier: LGPL-2.1-or-later
// Draws what a schedule asks for, one character per piece (of one block, 16 KiB):
//   '.' nothing   '#' verified   's' asked of the server   'S' the same, a reader waiting
//   'a', 'b', ... asked of that peer   '2' asked of two
#pragma once

#include "kit/simulation.h"
#include "schedule/schedule.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace triad::kit {

class Picture {
public:
  // One track of so many pieces.
  explicit Picture(std::uint32_t pieces)
      : Picture(shape_release({std::uint64_t{pieces} * block_size}, block_size)) {}
  explicit Picture(ReleasePtr shape) : release(shape), schedule(shape, 1) {}

  static constexpr SupplierId server{100};
  static constexpr SupplierId peer(char letter) {
    return SupplierId{static_cast<std::uint32_t>(letter)};
  }
  static constexpr ReaderId reader{1};

  void add_server() { tell(SupplierAdded{server, SupplierKind::server}); }
  // `has` is drawn too: '#' for what it has; empty: all.
  void add_peer(char letter, double rate, const std::string& has = "") {
    SupplierAdded added{peer(letter), SupplierKind::peer};
    if (!has.empty()) {
      added.has.emplace();
      for (const char each : has)
        added.has->push_back(each == '#');
    }
    added.rate = rate;
    added.delay = std::chrono::milliseconds(50);
    tell(added);
  }
  // One piece a second.
  void add_reader(bool wants_tail = false, bool copy = false) {
    ReaderAdded added{reader, FileIndex(0)};
    added.byte_rate = block_size;
    added.wants_tail = wants_tail;
    added.copy = copy;
    tell(added);
    tell(ReaderSought{reader, 0, std::nullopt});
  }
  // Running time advances for so long, told four times a second.
  void play(Duration span) {
    for (Duration played{0}; played <= span; played += std::chrono::milliseconds(250)) {
      tell(RunningTime{reader, running_time});
      if (played < span)
        pass(std::chrono::milliseconds(250));
    }
  }
  void pass(Duration span) {
    now += span;
    running_time += span;
  }

  void tell(const ScheduleEvent& event) {
    schedule.on(event, now);
    while (const auto action = schedule.poll()) {
      if (const auto* request = std::get_if<Request>(&*action))
        note(*request);
      else if (const auto* cancel = std::get_if<Cancel>(&*action))
        forget(*cancel);
      else if (const auto* wake = std::get_if<WakeAt>(&*action))
        wake_at = wake->time;
      else if (const auto* bad = std::get_if<SentBadPiece>(&*action))
        liars.push_back(bad->supplier);
    }
  }
  // All that was asked of it comes and is right; again, until nothing more is asked of it.
  void deliver(SupplierId from, Duration each = std::chrono::milliseconds(1)) {
    for (;;) {
      std::optional<std::uint32_t> block;
      for (const auto& [number, who] : asked)
        if (who.contains(from)) {
          block = number;
          break;
        }
      if (!block)
        return;
      pass(each);
      arrive(from, *block);
      verify(*block);
    }
  }
  void arrive(SupplierId from, std::uint32_t block) {
    asked[block].erase(from);
    tell(BlockArrived{from, BlockIndex(block)});
  }
  void verify(std::uint32_t piece) {
    asked.erase(piece);
    verified.insert(piece);
    tell(PieceVerified{PieceIndex(piece)});
  }
  void fail(SupplierId who, std::uint32_t first, std::uint32_t count, std::optional<Time> retry) {
    for (std::uint32_t i = 0; i < count; ++i)
      asked[first + i].erase(who);
    tell(RequestFailed{who, BlockIndex(first), count, retry});
  }

  [[nodiscard]] std::string drawn() const {
    std::string text(release->piece_count(), '.');
    for (const auto& [block, who] : asked) {
      if (who.size() == 1)
        text[block] = *who.begin() != server    ? static_cast<char>(*who.begin())
                      : starved.contains(block) ? 'S'
                                                : 's';
      else if (who.size() == 2)
        text[block] = '2';
    }
    for (const std::uint32_t piece : verified)
      text[piece] = '#';
    return text;
  }

  ReleasePtr release;
  Schedule schedule;
  Time now{0};
  Duration running_time{0};
  std::map<std::uint32_t, std::set<SupplierId>> asked; // by block
  std::set<std::uint32_t> starved, verified;
  std::vector<Request> requests;
  std::vector<Cancel> cancels;
  std::vector<SupplierId> liars;
  std::optional<Time> wake_at;

private:
  void note(const Request& request) {
    requests.push_back(request);
    for (std::uint32_t i = 0; i < request.count; ++i) {
      asked[request.first.value() + i].insert(request.supplier);
      if (request.starved)
        starved.insert(request.first.value() + i);
    }
  }
  void forget(const Cancel& cancel) {
    cancels.push_back(cancel);
    for (std::uint32_t i = 0; i < cancel.count; ++i)
      asked[cancel.first.value() + i].erase(cancel.supplier);
  }
};

} // namespace triad::kit
