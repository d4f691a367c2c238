// SPDX-License-Identifier: LGPL-2.1-or-later
// Decides which supplier gets which blocks of one release, and when. Pure: no clock, thread, socket
// or GLib.
//
// Drive it like this: give it one event with the time, then drain the actions until none is left,
// then the next event. Engine thread only (or any one thread of a test). docs/scheduler.md tells
// the rules and why.
#pragma once

#include "release/release.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace triad {

using Duration = std::chrono::nanoseconds;
// Time since an arbitrary start, monotonic; the caller's clock.
using Time = std::chrono::nanoseconds;

enum class SupplierId : std::uint32_t {};
enum class ReaderId : std::uint32_t {};

enum class SupplierKind { peer, server };

// --- what the schedule is told
// -------------------------------------------------------------------------------

// A supplier appeared. `has`: nothing for one that has everything (a server), else one flag per
// piece.
struct SupplierAdded {
  SupplierId supplier;
  SupplierKind kind = SupplierKind::server;
  std::optional<std::vector<bool>> has;
  // What is known of it beforehand; measured values replace both.
  std::optional<double> rate;    // bytes per second
  std::optional<Duration> delay; // request to first byte
  std::uint32_t max_requests =
      0; // outstanding blocks; 0: no limit of its own (a peer channel has 250)
  // Of a Triad peer: a number that all know it by, from its peer id. Those who miss the same share
  // by it who asks the server for what (rule 8).
  std::optional<std::uint64_t> identity;
};
struct SupplierHas {
  SupplierId supplier;
  PieceIndex piece;
};
// Its outstanding blocks return to the pool.
struct SupplierRemoved {
  SupplierId supplier;
};
// A peer that chokes can't be asked, and still has what it has: the server is not asked for more
// than where peers are slow. What was asked of it stays so until RequestFailed.
struct SupplierChoked {
  SupplierId supplier;
  bool choked = true;
};
// These blocks are on their way from it already, though this schedule did not ask (the opening
// did).
struct Underway {
  SupplierId supplier;
  BlockIndex first;
  std::uint32_t count = 0;
};
// It could not deliver these blocks (refused, connection lost, bad range): what of them has not
// arrived returns to the pool, and it is not asked for anything before `retry_at` (absent: at
// once).
struct RequestFailed {
  SupplierId supplier;
  BlockIndex first;
  std::uint32_t count = 0;
  std::optional<Time> retry_at;
};
// Nothing more comes of a request: what it still owes of these blocks (others have brought them,
// and its own copies were thrown away unreported) returns to the pool.
struct RequestOver {
  SupplierId supplier;
  BlockIndex first;
  std::uint32_t count = 0;
};
// Whole and not yet verified. Also welcome when nobody asked for it, or after a Cancel.
struct BlockArrived {
  SupplierId supplier;
  BlockIndex block;
};
// Bytes of a block came, before it is whole: keeps rate and delay honest. Optional; what it
// counted, BlockArrived does not count again.
struct BytesArrived {
  SupplierId supplier;
  std::uint32_t bytes = 0;
};
struct PieceVerified { // also for a piece found in the cache
  PieceIndex piece;
};
// Its hash does not match: all its blocks are wanted again, from one supplier alone (rule 6).
struct PieceBad {
  PieceIndex piece;
};
// A piece that was had is not any more (evicted, file damaged).
struct PieceLost {
  PieceIndex piece;
};

// A prefetch reader stands for the track that will play next. Where it becomes a player, add the
// playing reader before removing this one, so that nothing on its way is cancelled.
enum class Purpose { play, prefetch };
struct ReaderAdded {
  ReaderId reader;
  FileIndex track;
  Purpose purpose = Purpose::play;
  double byte_rate = 40'000; // length / duration, else downstream's bitrate, else this
  // The rate is a guess that will soon be made better (ReaderChanged). Until then, or until it
  // plays, no more is asked of a server for it, where peers may come, than what a head has at
  // least.
  bool rate_to_come = false;
  bool wants_tail = false; // Ogg, Opus, large M4A: the tail is read before anything plays
  bool copy = false;       // no deadlines; peers first, the server for what no peer has
};
// The reader's properties were learnt better.
struct ReaderChanged {
  ReaderId reader;
  double byte_rate = 40'000;
  bool copy = false;
  bool rate_to_come = false;
};
struct ReaderRemoved {
  ReaderId reader;
};
// After a start or a seek: the first byte that will be pushed (file space).
struct ReaderSought {
  ReaderId reader;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> stop; // nothing at or after it is wanted
};
// The reader waits for this byte, or (empty) waits no more.
struct ReaderWaits {
  ReaderId reader;
  std::optional<std::uint64_t> offset;
};
// The pipeline's running time; absent, or the same again, where it stands still (paused, not yet
// playing, unknown). Sent about four times a second as long as there is a reader. It may go back to
// zero: that is how a flushing seek shows.
struct RunningTime {
  ReaderId reader;
  std::optional<Duration> time;
};
// How the track that plays before a prefetch reader's stands. outlook() of the schedule that plays
// it gives this, here or in another release; sent about four times a second.
struct Outlook {
  bool ahead = false;                   // complete to its end, or 15 s ahead of the playhead
  Duration remaining = Duration::max(); // from the playhead to the end
};
struct OutlookChanged {
  ReaderId reader; // the prefetch reader
  Outlook before;
};
// Whether peers are being looked for (rule 3); without it there are none and none will come.
struct LookingForPeers {
  bool looking = false;
};
// What other Triad nodes know this one by (see SupplierAdded); 0, and until it is told: nothing,
// and rule 8 goes by the schedule's seed.
struct KnownAs {
  std::uint64_t identity = 0;
};
struct Tick {}; // a WakeAt came due

using ScheduleEvent =
    std::variant<SupplierAdded, SupplierHas, SupplierRemoved, SupplierChoked, Underway,
                 RequestFailed, RequestOver, BlockArrived, BytesArrived, PieceVerified, PieceBad,
                 PieceLost, ReaderAdded, ReaderChanged, ReaderRemoved, ReaderSought, ReaderWaits,
                 RunningTime, OutlookChanged, LookingForPeers, KnownAs, Tick>;

// --- what it answers
// -----------------------------------------------------------------------------------------

enum class Urgency { playing, prefetch, background };

struct Request {
  SupplierId supplier;
  BlockIndex first;
  std::uint32_t count = 0; // consecutive blocks
  Urgency urgency = Urgency::playing;
  // A reader waits for the first of these: a server client asks for them in small parts over idle
  // connections.
  bool starved = false;
};
// Withdraws what has not arrived of these blocks. To a server it always names the whole of one
// Request.
struct Cancel {
  SupplierId supplier;
  BlockIndex first;
  std::uint32_t count = 0;
};
struct WakeAt { // send Tick then; the latest WakeAt replaces earlier ones
  Time time;
};
// This supplier alone sent every block of a piece that turned out wrong: a peer is to be banned, a
// server counted (it may have changed a file). Where several had sent blocks, nobody is named; who
// keeps the wrong bytes can compare them with the right ones when those come.
struct SentBadPiece {
  SupplierId supplier;
  PieceIndex piece;
};
using ScheduleAction = std::variant<Request, Cancel, WakeAt, SentBadPiece>;

class Schedule {
public:
  // `seed` feeds the random choices of rule 4.
  Schedule(ReleasePtr release, std::uint64_t seed);
  ~Schedule();
  Schedule(Schedule&&) noexcept;
  Schedule& operator=(Schedule&&) noexcept;

  void on(const ScheduleEvent& event, Time now);
  [[nodiscard]] std::optional<ScheduleAction> poll();

  // For stats: estimated bytes per second of a supplier, and how far (in time) the reader's data
  // reaches beyond its playhead without a gap.
  [[nodiscard]] double rate(SupplierId supplier) const;
  [[nodiscard]] Duration lead(ReaderId reader, Time now) const;
  // What a prefetch reader of the following track is told (rule 7).
  [[nodiscard]] Outlook outlook(ReaderId reader, Time now) const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace triad
