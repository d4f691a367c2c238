// SPDX-License-Identifier: LGPL-2.1-or-later
// Readers wait, are woken, time out, and say how far their playing is.
#include "node/download_readers.h"

#include "node/download.h"
#include "node/network.h"
#include "node/tracks.h"
#include "schedule/rules.h"

#include <algorithm>
#include <utility>

namespace triad {

namespace {

using namespace std::chrono_literals;

constexpr Duration poll_interval = 250ms;
constexpr double default_rate = 40'000; // bytes per second
// The cache says that it has a piece and can't give it: after so many tries it is broken.
constexpr unsigned attempts_to_forget = 2, attempts_at_most = 8;

} // namespace

DownloadReaders::DownloadReaders(Engine& engine, Download& download)
    : download_(download), poll_timer_(engine), timeout_timer_(engine) {}

DownloadReaders::~DownloadReaders() = default;

DownloadReaders::Record* DownloadReaders::find(const ReaderCorePtr& core) {
  for (const auto& record : records_)
    if (record->core == core)
      return record.get();
  return nullptr;
}

double DownloadReaders::rate_of(const Record& record) {
  if (record.metainfo_rate)
    return *record.metainfo_rate;
  return record.told.byte_rate > 0 ? record.told.byte_rate : default_rate;
}

// The rest of the metainfo will tell it.
bool DownloadReaders::rate_to_come(const Record& record) const {
  return !download_.whole() && !record.metainfo_rate && record.told.byte_rate <= 0;
}

// --- readers come and go ---

void DownloadReaders::attach(const ReaderCorePtr& core) {
  download_.set_up();
  auto record = std::make_unique<Record>();
  record->core = core;
  record->id = ReaderId{next_id_++};
  record->track = core->track;
  const ReleaseFile file = download_.release()->file(core->track);
  record->metainfo_rate = byte_rate(file);
  record->missing = count_missing(core->track);
  record->hold = download_.store().cache().hold(core->track);
  download_.store().cache().touch(core->track);
  record->prefetch =
      std::make_unique<Prefetch>(download_, core->track, download_.options().open_next);
  if (given_up_.erase(core->track) > 0)
    download_.try_servers_again();
  tell_had(core->track);
  ReaderAdded added;
  added.reader = record->id;
  added.track = core->track;
  added.byte_rate = rate_of(*record);
  added.rate_to_come = rate_to_come(*record);
  added.wants_tail = reads_tail(file.path, file.length);
  download_.feed(added);
  {
    // Even if nothing is ever waited for, the schedule has to know where playing begins.
    const std::lock_guard lock(core->mutex);
    download_.feed(ReaderSought{record->id, core->wishes.offset, core->wishes.stop});
    record->told.seeks = core->wishes.seeks;
  }
  update(*record);
  records_.push_back(std::move(record));
  on_counts(core->track); // what was fetched ahead
  on_peers_used();
  poll_timer_.start(Duration(0), [this] { poll(); });
}

void DownloadReaders::detach(const ReaderCorePtr& core) {
  const auto found = std::find_if(records_.begin(), records_.end(),
                                  [&](const auto& record) { return record->core == core; });
  if (found == records_.end())
    return;
  const auto record = std::move(*found);
  records_.erase(found);
  download_.set_lead(record.get(), std::nullopt);
  download_.feed(ReaderRemoved{record->id});
}

void DownloadReaders::tell_had(FileIndex track) {
  if (!told_.insert(track).second)
    return;
  const ReleasePtr release = download_.release();
  const auto span = release->pieces_of(track_range(track));
  for (PieceIndex piece = span.begin; piece < span.end; ++piece)
    if (download_.store().has(piece))
      download_.feed(PieceVerified{piece});
}

// --- what readers want ---

void DownloadReaders::want(const ReaderCorePtr& core, std::uint64_t offset, unsigned attempt) {
  Record* const record = find(core);
  if (record == nullptr)
    return;
  const ReleasePtr release = download_.release();
  if (download_.failed())
    return core->fail(*download_.failed());
  if (offset >= release->file(record->track).length) {
    core->wake();
    return;
  }
  if (readable(record->track, offset)) {
    if (attempt < attempts_to_forget)
      return core->wake();
    if (attempt > attempts_at_most)
      return core->fail({ErrorCode::io,
                         "The cache can't give what it holds of " + name_of(*record) +
                             "; clear it with \"triad cache clear\".",
                         {}});
    const auto at = release->to_release_space(record->track, {offset, offset + 1}).begin;
    download_.store().distrust(release->piece_at(at));
    download_.feed(PieceLost{release->piece_at(at)});
  }
  const auto given_up = given_up_.find(record->track);
  if (given_up != given_up_.end() && !download_.hopes_for_peers())
    return core->fail(after_peers(given_up->second));
  if (const auto reason = download_.why_no_source(name_of(*record)))
    return core->fail(*reason);
  record->waiting = offset;
  record->waiting_since = Engine::now();
  download_.feed(ReaderWaits{record->id, offset});
  watch_timeouts();
  keep_polling();
}

void DownloadReaders::want_nothing(const ReaderCorePtr& core) {
  if (Record* const record = find(core))
    stop_waiting(*record);
}

void DownloadReaders::stop_waiting(Record& record) {
  if (!record.waiting)
    return;
  record.waiting.reset();
  download_.feed(ReaderWaits{record.id, std::nullopt});
}

void DownloadReaders::update(const ReaderCorePtr& core) {
  if (Record* const record = find(core))
    update(*record);
}

void DownloadReaders::update(Record& record) {
  ReaderWishes wishes;
  {
    const std::lock_guard lock(record.core->mutex);
    wishes = record.core->wishes;
  }
  const ReaderWishes told = std::exchange(record.told, wishes);
  if (wishes.copy != told.copy || wishes.byte_rate != told.byte_rate)
    tell_rate(record);
  if (wishes.seeks != told.seeks) {
    stop_waiting(record);
    download_.feed(ReaderSought{record.id, wishes.offset, wishes.stop});
  }
  if (wishes.next_uri != told.next_uri) {
    record.prefetch->set_next_uri(wishes.next_uri);
    keep_polling();
  }
}

void DownloadReaders::tell_rate(const Record& record) {
  download_.feed(ReaderChanged{record.id, rate_of(record), record.told.copy, rate_to_come(record)});
}

// --- prefetches ---

ReaderId DownloadReaders::add_prefetch(FileIndex track) {
  download_.set_up();
  const ReaderId id{next_id_++};
  prefetches_.emplace(id, track);
  tell_had(track);
  const ReleaseFile file = download_.release()->file(track);
  ReaderAdded added;
  added.reader = id;
  added.track = track;
  added.purpose = Purpose::prefetch;
  added.byte_rate = byte_rate(file).value_or(default_rate);
  added.wants_tail = reads_tail(file.path, file.length);
  download_.feed(added);
  return id;
}

void DownloadReaders::set_outlook(ReaderId prefetch, const Outlook& before) {
  download_.feed(OutlookChanged{prefetch, before});
}

void DownloadReaders::remove_prefetch(ReaderId prefetch) {
  if (prefetches_.erase(prefetch) > 0)
    download_.feed(ReaderRemoved{prefetch});
}

bool DownloadReaders::fetched(ReaderId prefetch) const {
  const auto found = prefetches_.find(prefetch);
  if (found == prefetches_.end() || given_up_.count(found->second) > 0)
    return true;
  const ReleaseFile file = download_.release()->file(found->second);
  const double rate = byte_rate(file).value_or(default_rate);
  const auto seconds = std::chrono::duration<double>(rules::head_time).count();
  const auto head = std::max(rules::head_min, static_cast<std::uint64_t>(seconds * rate));
  const std::uint64_t tail = std::min(rules::tail_size, file.length);
  return readable(found->second, ByteRange{0, std::min(head, file.length)}) &&
         (!reads_tail(file.path, file.length) ||
          readable(found->second, ByteRange{file.length - tail, file.length}));
}

// --- what is there ---

ByteRange DownloadReaders::track_range(FileIndex track) const {
  const ReleasePtr release = download_.release();
  return release->to_release_space(track, {0, release->file(track).length});
}

bool DownloadReaders::in_track(PieceIndex piece, FileIndex track) const {
  return !intersect(download_.release()->piece_range(piece), track_range(track)).empty();
}

bool DownloadReaders::readable(FileIndex track, std::uint64_t offset) const {
  return readable(track, ByteRange{offset, offset + 1});
}

bool DownloadReaders::readable(FileIndex track, ByteRange range) const {
  const ReleasePtr release = download_.release();
  const auto span = release->pieces_of(release->to_release_space(track, range));
  for (PieceIndex piece = span.begin; piece < span.end; ++piece)
    if (!download_.store().has(piece))
      return false;
  return true;
}

std::uint32_t DownloadReaders::count_missing(FileIndex track) const {
  const auto span = download_.release()->pieces_of(track_range(track));
  std::uint32_t missing = 0;
  for (PieceIndex piece = span.begin; piece < span.end; ++piece)
    missing += download_.store().has(piece) ? 0 : 1;
  return missing;
}

std::string DownloadReaders::name_of(const Record& record) const {
  return "\"" + download_.release()->file(record.track).path + "\"";
}

// --- news ---

void DownloadReaders::on_readable(PieceIndex piece, bool fresh) {
  for (const auto& record : records_) {
    if (!in_track(piece, record->track))
      continue;
    if (fresh && record->missing > 0)
      --record->missing;
    else if (!fresh)
      record->missing = count_missing(record->track);
    if (record->waiting && readable(record->track, *record->waiting)) {
      stop_waiting(*record);
      record->core->wake();
    }
  }
}

void DownloadReaders::on_lost(PieceIndex piece) {
  for (const auto& record : records_)
    if (in_track(piece, record->track))
      record->missing = count_missing(record->track);
  keep_polling();
}

void DownloadReaders::on_given_up(FileIndex file, const Error& error) {
  given_up_.insert_or_assign(file, error);
  fail_given_up();
}

void DownloadReaders::on_hopes() {
  fail_given_up();
}

// What a server says is not all where peers were tried, too.
Error DownloadReaders::after_peers(Error error) const {
  error.message += download_.peers_tried();
  return error;
}

// Those that wait for bytes that no server has will never get them, unless from peers; the others
// may play on as far as they can.
void DownloadReaders::fail_given_up() {
  if (given_up_.empty() || download_.hopes_for_peers())
    return;
  const ReleasePtr release = download_.release();
  for (const auto& [file, error] : given_up_) {
    for (const auto& [id, track] : prefetches_)
      if (track == file)
        download_.feed(ReaderRemoved{id});
    for (const auto& record : records_) {
      if (!record->waiting)
        continue;
      const auto at =
          release->to_release_space(record->track, {*record->waiting, *record->waiting + 1});
      const ByteRange piece = release->piece_range(release->piece_at(at.begin));
      const ByteRange lost = release->to_release_space(file, {0, release->file(file).length});
      if (record->track == file || !intersect(piece, lost).empty()) {
        stop_waiting(*record);
        record->core->fail(after_peers(error));
      }
    }
  }
}

void DownloadReaders::on_counts(FileIndex track) {
  const auto found = std::find_if(records_.begin(), records_.end(),
                                  [&](const auto& record) { return record->track == track; });
  if (found == records_.end())
    return; // the next one to open the track claims it
  const TrackCounts& counts = download_.counts(track);
  TrackCounts& claimed = claimed_[track];
  ReaderCore& core = *(*found)->core;
  const std::lock_guard lock(core.counts_mutex);
  core.counts.server += counts.server - claimed.server;
  core.counts.wasted += counts.wasted - claimed.wasted;
  for (const auto& [peer, bytes] : counts.peers)
    if (const std::uint64_t more = bytes - claimed.peers[peer]; more > 0)
      core.counts.peers[peer] += more;
  claimed = counts;
}

void DownloadReaders::on_peers_used() {
  if (download_.trackers_used().empty())
    return;
  for (const auto& record : records_)
    if (const auto listener = record->core->listener.lock(); listener && Peers::first_use())
      listener->on_peers_used(download_.trackers_used());
}

void DownloadReaders::on_facts() {
  for (const auto& record : records_) {
    record->metainfo_rate = byte_rate(download_.release()->file(record->track));
    tell_rate(*record);
    if (const auto listener = record->core->listener.lock())
      listener->on_facts();
  }
}

void DownloadReaders::fail_all(const Error& error) {
  for (const auto& record : records_) {
    stop_waiting(*record);
    record->core->fail(error);
  }
}

// --- time ---

void DownloadReaders::update_stats(Record& record) {
  on_counts(record.track);
  record.core->lead = download_.schedule().lead(record.id, Engine::now()).count();
  record.core->server_rate = download_.server_rate();
  const auto peers = download_.peer_figures();
  record.core->peer_rate = peers.rate;
  record.core->links = peers.links;
}

// Uploads stop while somebody who plays is about to run out; who has all of his track can't.
void DownloadReaders::tell_lead(Record& record, std::optional<Duration> running_time) {
  const bool advances = running_time && running_time != record.running_time;
  record.running_time = running_time;
  const bool plays = record.missing > 0 && !record.told.copy && (advances || record.waiting);
  const Duration lead{record.core->lead};
  download_.set_lead(&record, plays ? std::optional(lead) : std::nullopt);
}

void DownloadReaders::keep_polling() {
  if (!poll_timer_.armed())
    poll_timer_.start(poll_interval, [this] { poll(); });
}

void DownloadReaders::poll() {
  bool work_left = false;
  // By index: a prefetch that opens a release may come back here.
  for (std::size_t i = 0; i < records_.size(); ++i) {
    Record& record = *records_[i];
    std::optional<Duration> running_time;
    if (const auto listener = record.core->listener.lock())
      running_time = listener->running_time();
    download_.feed(RunningTime{record.id, running_time});
    update_stats(record);
    tell_lead(record, running_time);
    record.prefetch->update(download_.schedule().outlook(record.id, Engine::now()));
    work_left = work_left || record.missing > 0 || record.waiting || !record.prefetch->done();
  }
  if (work_left)
    keep_polling();
}

void DownloadReaders::watch_timeouts() {
  std::optional<Time> due;
  for (const auto& record : records_)
    if (record->waiting) {
      const Time mine =
          std::max(record->waiting_since, download_.last_byte()) + record->core->timeout;
      due = std::min(due.value_or(mine), mine);
    }
  if (due)
    timeout_timer_.start(std::max(*due - Engine::now(), Duration(1ms)),
                         [this] { check_timeouts(); });
  else
    timeout_timer_.stop();
}

void DownloadReaders::check_timeouts() {
  const Time now = Engine::now();
  for (const auto& record : records_) {
    if (!record->waiting)
      continue;
    const Time since = std::max(record->waiting_since, download_.last_byte());
    if (since + record->core->timeout > now)
      continue;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - since).count();
    const bool had_some = download_.last_byte() != Time(0);
    stop_waiting(*record);
    if (const auto given_up = given_up_.find(record->track); given_up != given_up_.end())
      record->core->fail(after_peers(given_up->second));
    else if (const auto& known = *download_.release();
             !known.layers_complete() && !known.info_hash_v1())
      record->core->fail({ErrorCode::bad_metainfo,
                          "The release has v2 hashes alone, and no peer has sent those of its "
                          "pieces; add the metainfo's address to the magnet link with xs=.",
                          download_.last_error()});
    else
      record->core->fail({had_some ? ErrorCode::read : ErrorCode::unreachable,
                          "No source of " + name_of(*record) + " has sent anything for " +
                              std::to_string(seconds) + " s." + download_.server_said() +
                              download_.peers_tried() +
                              " Check the network, and whether the server is up.",
                          download_.last_error()});
  }
  watch_timeouts();
}

} // namespace triad
