// SPDX-License-Identifier: LGPL-2.1-or-later
// The way of a byte: schedule, supplier, assembly, verifier, cache, readers.
#include "node/download.h"

#include "node/network.h"

#include <algorithm>
#include <random>

namespace triad {

namespace {

using namespace std::chrono_literals;

constexpr SupplierId server_id{0};
// A server that was given up is left alone for this long while readers still have something to
// play.
constexpr Duration given_up_pause = 500ms;

std::uint64_t random_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

} // namespace

Download::Download(Engine& engine, ReleasePtr release, bool whole,
                   std::shared_ptr<SharedEntry> entry, DownloadOptions options)
    : engine_(engine),
      options_(std::move(options)),
      entry_(std::move(entry)),
      store_(release, entry_, this),
      geometry_(std::move(release)),
      assembly_(*geometry_),
      verified_(geometry_->piece_count()),
      schedule_(geometry_, random_seed()),
      whole_(whole),
      readers_(std::make_unique<DownloadReaders>(engine, *this)),
      wake_timer_(engine) {}

Download::~Download() {
  readers_.reset(); // its prefetches leave the schedule
  if (set_up_)
    entry_->remove(this);
}

void Download::set_up() {
  if (set_up_)
    return;
  set_up_ = true;
  entry_->add(this);
  if (!options_.use_server)
    return;
  client_ = network_client(engine_);
  ServerSupplier::Events events;
  events.missing = [this](ByteRange range) { return missing(range); };
  events.bytes = [this](FileIndex file, std::uint64_t offset, Bytes bytes, bool early) {
    on_bytes(file, offset, bytes, early);
  };
  events.failed = [this](const ServerSupplier::Failure& failure) { on_failed(failure); };
  ServerOptions server = options_.server;
  server.seed = random_seed();
  supplier_ = std::make_unique<ServerSupplier>(*client_, release(), whole_, std::move(server),
                                               std::move(events));
  feed(SupplierAdded{server_id, SupplierKind::server, std::nullopt, std::nullopt, std::nullopt, 0});
}

void Download::set_release(ReleasePtr release, bool local) {
  whole_ = true;
  options_.server.origin.local = local;
  const auto judged = store_.set_release(release);
  if (judged.inconsistent) {
    fail({ErrorCode::bad_metainfo,
          "The release \"" + release->name() +
              "\" contradicts itself: its v1 and v2 hashes disagree about the same bytes. Its "
              "publisher has to publish it again.",
          {}});
    return;
  }
  for (const PieceIndex piece : judged.bad) {
    waste(piece);
    feed(PieceBad{piece});
  }
  for (const PieceIndex piece : judged.readable)
    became_readable(piece);
  if (supplier_)
    supplier_->set_release(std::move(release), local);
  readers_->on_facts();
}

void Download::adopt(std::unique_ptr<EarlyBytes> early, FileIndex file) {
  set_up();
  if (supplier_)
    supplier_->adopt(std::move(early), file);
}

void Download::fail(const Error& error) {
  if (failed_)
    return;
  failed_ = error;
  readers_->fail_all(error);
}

std::string Download::last_error() const {
  return supplier_ ? supplier_->last_error() : std::string();
}

Download::TrackCounts Download::counts(FileIndex track) const {
  const auto found = counts_.find(track);
  return found == counts_.end() ? TrackCounts() : found->second;
}

double Download::server_rate() const {
  return supplier_ ? schedule_.rate(server_id) : 0.0;
}

void Download::try_servers_again() {
  if (supplier_)
    supplier_->renew();
}

// --- schedule ---

// Events wait in a queue that is emptied from the engine's loop, so that no supplier is called from
// within its own callback.
void Download::feed(ScheduleEvent event) {
  if (const auto* verified = std::get_if<PieceVerified>(&event))
    verified_[verified->piece.value()] = true;
  else if (const auto* lost = std::get_if<PieceLost>(&event))
    verified_[lost->piece.value()] = false;
  events_.push_back(std::move(event));
  if (pump_posted_)
    return;
  pump_posted_ = true;
  engine_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock())
      self->pump();
  });
}

void Download::pump() {
  pump_posted_ = false;
  while (!events_.empty()) {
    const ScheduleEvent event = std::move(events_.front());
    events_.pop_front();
    schedule_.on(event, Engine::now());
    while (const auto action = schedule_.poll())
      std::visit([this](const auto& each) { act(each); }, *action);
  }
}

void Download::act(const Request& request) {
  // The cache may know more than when the schedule was told: its index opens in the background.
  for (std::uint32_t i = 0; i < request.count; ++i) {
    const BlockIndex block = request.first + i;
    const PieceIndex piece = geometry_->piece_of(block);
    const bool had = store_.has(piece);
    // Nobody will send it; without this the schedule would wait for it, and ask for nothing more.
    if (had || assembly_.has(block))
      feed(BlockArrived{request.supplier, block});
    if (had && (i + 1 == request.count || geometry_->piece_of(block + 1) != piece)) {
      feed(PieceVerified{piece});
      readers_->on_readable(piece, false);
    }
  }
  supplier_->request(request.first, request.count, request.starved);
}

void Download::act(const Cancel& cancel) {
  supplier_->cancel(cancel.first, cancel.count);
}

void Download::act(const WakeAt& wake) {
  wake_timer_.start(std::max(wake.time - Engine::now(), Duration(0)), [this] { feed(Tick{}); });
}

void Download::act(const SentBadPiece& sent) {
  if (std::erase(unblamed_, sent.piece) == 0)
    supplier_->report_bad(sent.piece);
}

// --- suppliers ---

// Not what the cache alone believes to have: it may be another process's half-written piece, and
// whoever drops bytes for it has to tell the schedule, which waits for them.
bool Download::settled(PieceIndex piece) const {
  return verified_[piece.value()] || store_.keeps(piece);
}

std::vector<ByteRange> Download::missing(ByteRange range) {
  std::vector<ByteRange> gaps;
  while (!range.empty()) {
    const PieceIndex piece = geometry_->piece_at(range.begin);
    const ByteRange now = intersect(range, geometry_->piece_range(piece));
    if (!settled(piece)) {
      const auto more = assembly_.missing(now);
      gaps.insert(gaps.end(), more.begin(), more.end());
    }
    range.begin = now.end;
  }
  // Neighbours in neighbouring pieces are one range again.
  std::vector<ByteRange> merged;
  for (const ByteRange& gap : gaps) {
    if (!merged.empty() && merged.back().end == gap.begin)
      merged.back().end = gap.end;
    else
      merged.push_back(gap);
  }
  return merged;
}

void Download::on_bytes(FileIndex file, std::uint64_t offset, Bytes bytes, bool early) {
  last_byte_ = Engine::now();
  TrackCounts& counts = counts_[file];
  counts.received += bytes.size();
  const ByteRange range = geometry_->to_release_space(file, {offset, offset + bytes.size()});
  const Bytes inside = bytes.first(std::min<std::uint64_t>(bytes.size(), range.size()));
  feed(BytesArrived{server_id, static_cast<std::uint32_t>(inside.size())});
  const auto added = assembly_.add(range.begin, inside, early,
                                   [this](PieceIndex piece) { return settled(piece); });
  counts.wasted += added.wasted + (bytes.size() - inside.size());
  readers_->on_counts(file);
  for (const BlockIndex block : added.blocks)
    feed(BlockArrived{server_id, block});
  for (const PieceIndex piece : added.pieces)
    on_whole(piece);
}

void Download::on_whole(PieceIndex piece) {
  const bool guessed = assembly_.has_unasked(piece);
  switch (store_.accept(piece, assembly_.take(piece))) {
  case PieceStore::Accepted::readable:
    became_readable(piece);
    break;
  case PieceStore::Accepted::kept:
    break;
  case PieceStore::Accepted::bad:
    if (guessed)
      unblamed_.push_back(piece);
    waste(piece);
    feed(PieceBad{piece});
    break;
  case PieceStore::Accepted::inconsistent:
    fail({ErrorCode::bad_metainfo,
          "The release \"" + geometry_->name() +
              "\" contradicts itself: its v1 and v2 hashes disagree about the same bytes. Its "
              "publisher has to publish it again.",
          {}});
    break;
  }
}

void Download::waste(PieceIndex piece) {
  for (const FileSegment& segment : geometry_->segments(geometry_->piece_range(piece)))
    if (!geometry_->file(segment.file).pad)
      counts_[segment.file].wasted += segment.range.size();
}

// What to say of a file in the user's own folder that was no help; empty if there is none.
std::string Download::changed_here(FileIndex file) const {
  if (options_.library.empty())
    return {};
  std::filesystem::path path = options_.library / geometry_->name();
  if (!geometry_->single_file())
    path /= geometry_->file(file).path;
  std::error_code problem;
  if (!std::filesystem::exists(path, problem))
    return {};
  return " The file " + path.string() + " is there, but is not as it was published.";
}

void Download::on_failed(const ServerSupplier::Failure& failure) {
  std::optional<Duration> pause = failure.retry_in;
  if (failure.fatal) {
    pause = std::max(pause.value_or(given_up_pause), given_up_pause);
    // Only unreachable servers may come back: readers wait for them, but not beyond their timeout.
    auto [file, error] = *failure.fatal;
    if (error.code != ErrorCode::unreachable) {
      error.message += changed_here(file);
      readers_->on_given_up(file, error);
    }
  }
  std::optional<Time> retry_at;
  if (pause)
    retry_at = Engine::now() + *pause;
  feed(RequestFailed{server_id, failure.first, failure.count, retry_at});
}

// --- pieces ---

void Download::became_readable(PieceIndex piece) {
  feed(PieceVerified{piece});
  readers_->on_readable(piece, true);
}

void Download::on_stored(PieceIndex piece) {
  assembly_.drop(piece);
  became_readable(piece);
}

void Download::on_lost(PieceIndex piece) {
  feed(PieceLost{piece});
  readers_->on_lost(piece);
}

} // namespace triad
