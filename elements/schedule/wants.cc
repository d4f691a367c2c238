// SPDX-License-Identifier: LGPL-2.1-or-later
// What the readers want, most urgent first.
#include "schedule/wants.h"

#include "schedule/rules.h"

#include <algorithm>
#include <tuple>

namespace triad {
namespace {

std::uint64_t bytes_in(Duration duration, double rate) {
  return static_cast<std::uint64_t>(std::chrono::duration<double>(duration).count() * rate);
}

// Builds the wants of one reader; ranges are given in file space.
class Builder {
public:
  Builder(std::vector<Want>& wants, const ScheduledReader& reader, const Pieces& pieces, Time now)
      : wants_(wants), reader_(reader), pieces_(pieces), now_(now) {}

  // Null where the range is empty. The pointer lasts until the next call.
  Want* add(Rank rank, ByteRange range) {
    if (range.empty())
      return nullptr;
    const Release& release = pieces_.release();
    const ByteRange whole = release.to_release_space(reader_.track(), range);
    const Release::PieceSpan span = release.pieces_of(whole);
    Want want;
    want.rank = rank;
    want.begin = span.begin;
    want.end = span.end;
    want.due = now_ + reader_.until(range.begin, now_);
    want.from = whole.begin;
    want.pace = reader_.playhead().byte_rate();
    return &wants_.emplace_back(want);
  }

  void add_now(Rank rank, ByteRange range, bool starved) {
    if (Want* want = add(rank, range)) {
      want->due = now_;
      want->pace = 0;
      want->starved = starved;
    }
  }

private:
  std::vector<Want>& wants_;
  const ScheduledReader& reader_;
  const Pieces& pieces_;
  Time now_;
};

bool verified_at(const Pieces& pieces, const ScheduledReader& reader, std::uint64_t offset) {
  const Release& release = pieces.release();
  const std::uint64_t start = release.file(reader.track()).offset;
  return pieces.verified(release.piece_at(start + offset));
}

// What begins at `from` and is asked for in small parts ends with a piece, not beyond `most` if
// that leaves any.
std::uint64_t starved_end(const Pieces& pieces, const ScheduledReader& reader, std::uint64_t from,
                          std::uint64_t most) {
  const Release& release = pieces.release();
  const std::uint64_t start = release.file(reader.track()).offset;
  const std::uint64_t last = release.piece_range(release.piece_at(start + most)).begin;
  return last > start + from ? last - start : from + 1;
}

void add_playing(Builder& build, const ScheduledReader& reader, const Pieces& pieces,
                 const Company& company, Time now) {
  const std::uint64_t end = reader.end();
  const double rate = reader.playhead().byte_rate();
  const std::uint64_t front = reader.front(now);
  const Duration window = company.peers     ? rules::slow_window
                          : company.looking ? rules::looking_window
                                            : rules::alone_window;
  const std::uint64_t window_end = std::min(front + bytes_in(window, rate), end);
  const std::uint64_t limit = std::max(window_end, reader.granted());

  // What a read waits for. One that has outrun both the window and what it was granted waits on.
  const auto part_end = [&](std::uint64_t from, std::uint64_t most) {
    return starved_end(pieces, reader, from, std::min(from + rules::starved_part, most));
  };
  const auto waits = reader.waits();
  if (waits && reader.starved(now) && (*waits < limit || *waits >= end))
    build.add_now(Rank::starved, {*waits, part_end(*waits, limit)}, true);

  // The head and the tail; the first part of the head as what a read will wait for in a moment.
  const ByteRange head = reader.head();
  if (front < head.end) {
    const std::uint64_t first = part_end(head.begin, head.end);
    build.add_now(Rank::start, {head.begin, first}, true);
    build.add(Rank::start, {first, head.end});
  }
  build.add_now(Rank::start, reader.tail(), true);
  if (waits && reader.granted() > *waits)
    build.add_now(Rank::granted, {*waits, std::min(reader.granted(), end)}, false);

  // From the playhead on. The first sound has the line for itself; and seconds ahead are bytes only
  // once the rate is known.
  const bool sounding =
      !reader.guessing() && (head.empty() || verified_at(pieces, reader, head.begin));
  const std::uint64_t near_end = std::min(front + bytes_in(rules::urgent, rate), end);
  const std::uint64_t far_end = std::min(front + bytes_in(rules::alone_window, rate), end);
  if (Want* near = build.add(Rank::near, {front, near_end}))
    near->server_window = sounding ? window : Duration{0};
  if (Want* ahead = build.add(Rank::window, {near_end, far_end})) {
    ahead->server_window = sounding ? window : Duration{0};
    const std::uint64_t step =
        std::min(rules::request_max, (window_end - front) / rules::window_steps);
    if (window_end < end)
      ahead->server_from = ahead->from - near_end + window_end - step;
  }
  // What others need sooner goes first, where they ask the same peer.
  if (company.peers)
    if (Want* rest =
            build.add(Rank::beyond, {std::min(front + bytes_in(rules::in_order, rate), end), end}))
      rest->urgency = Urgency::prefetch;
}

void add_prefetch(Builder& build, const ScheduledReader& reader, std::vector<Want>& wants,
                  Time now) {
  if (!reader.before().ahead)
    return;
  const Duration remaining = reader.before().remaining;
  for (const ByteRange& range : {reader.head(), reader.tail()}) {
    if (!build.add(Rank::prefetch, range))
      continue;
    Want& want = wants.back();
    want.urgency = Urgency::prefetch;
    want.due = now + std::min<Duration>(remaining, rules::alone_window);
    want.server_window = remaining <= rules::prefetch_server ? Duration::max() : Duration{0};
  }
}

void add_copy(Builder& build, const ScheduledReader& reader, std::vector<Want>& wants) {
  const std::uint64_t from = reader.waits().value_or(reader.head().begin);
  const ByteRange rest{std::min(from, reader.end()), reader.end()};
  for (const ByteRange& range : {reader.tail(), rest}) {
    const std::size_t before = wants.size();
    build.add_now(Rank::copy, range, false);
    if (wants.size() > before)
      wants.back().urgency = Urgency::background;
  }
}

} // namespace

Time Want::deadline(std::uint64_t release_byte) const {
  if (pace <= 0 || release_byte <= from)
    return due;
  return due + std::chrono::duration_cast<Duration>(
                   std::chrono::duration<double>(static_cast<double>(release_byte - from) / pace));
}

void add_wants(std::vector<Want>& wants, const ScheduledReader& reader, const Pieces& pieces,
               const Company& company, Time now) {
  Builder build(wants, reader, pieces, now);
  if (reader.prefetch())
    add_prefetch(build, reader, wants, now);
  else if (reader.copy() && reader.placed())
    add_copy(build, reader, wants);
  else if (reader.placed())
    add_playing(build, reader, pieces, company, now);
}

void sort_wants(std::vector<Want>& wants) {
  std::stable_sort(wants.begin(), wants.end(), [](const Want& a, const Want& b) {
    return std::tie(a.rank, a.due) < std::tie(b.rank, b.due);
  });
}

} // namespace triad
