// SPDX-License-Identifier: LGPL-2.1-or-later
// A reader's cursor: reads what is had without a hop, and waits for the engine where it is not.
#include "node/reader.h"

#include "node/node.h"
#include "node/tracks.h"

#include <algorithm>

namespace triad {

namespace {

using namespace std::chrono_literals;

class CachingReader : public Reader {
public:
  CachingReader(OpenOptions options, std::weak_ptr<ReaderListener> listener)
      : engine_(Engine::get()), use_(engine_), core_(std::make_shared<ReaderCore>()) {
    core_->listener = std::move(listener);
    core_->timeout = options.timeout;
    core_->opened_at = Engine::now();
    core_->wishes.next_uri = options.next_uri;
    begin(options);
  }

  ~CachingReader() override {
    hold_.reset();
    // The last references go on the engine's thread, where everything of the network lives.
    engine_.post([core = std::move(core_), lease = std::make_shared<Lease>(std::move(lease_))] {
      std::shared_ptr<Download> download;
      {
        const std::lock_guard lock(core->mutex);
        download = core->download;
      }
      if (download)
        download->readers().detach(core);
      if (*lease)
        lease->opening().leave(core);
      const std::lock_guard lock(core->mutex);
      core->download.reset();
    });
  }

  ReadResult read(std::uint64_t offset, std::span<std::byte> out) override {
    std::unique_lock lock(core_->mutex);
    wait(lock, [&] { return core_->cancelled || core_->error || core_->download; });
    std::optional<std::chrono::nanoseconds> waiting_since;
    for (unsigned attempt = 1;; ++attempt) {
      if (core_->cancelled) {
        lock.unlock();
        if (waiting_since)
          on_engine([](DownloadReaders& readers, const ReaderCorePtr& core) {
            readers.want_nothing(core);
          });
        note_wait(waiting_since);
        return {Outcome::cancelled};
      }
      if (core_->error) {
        lock.unlock();
        note_wait(waiting_since);
        return {Outcome::error};
      }
      Download& download = *core_->download; // stays until this is destroyed
      const std::uint64_t wakeups = core_->wakeups;
      lock.unlock();

      const std::uint64_t length = download.release()->file(core_->track).length;
      if (offset >= length)
        return {Outcome::end};
      const std::size_t most = std::min<std::uint64_t>(out.size(), length - offset);
      const std::size_t size = download.store().read(core_->track, offset, out.first(most));
      if (size > 0) {
        note_wait(waiting_since);
        note_bytes({offset, offset + size});
        return {Outcome::bytes, size};
      }
      if (!waiting_since)
        waiting_since = Engine::now();
      on_engine([offset, attempt](DownloadReaders& readers, const ReaderCorePtr& core) {
        readers.want(core, offset, attempt);
      });
      lock.lock();
      wait(lock, [&] { return core_->cancelled || core_->error || core_->wakeups != wakeups; });
    }
  }

  [[nodiscard]] std::optional<Error> error() const override {
    const std::lock_guard lock(core_->mutex);
    return core_->error;
  }

  void cancel() override { set_cancelled(true); }
  void resume() override { set_cancelled(false); }

  void seek(std::uint64_t offset, std::optional<std::uint64_t> stop) override {
    wish([&](ReaderWishes& wishes) {
      ++wishes.seeks;
      wishes.offset = offset;
      wishes.stop = stop;
    });
  }
  void set_copy(bool copy) override {
    wish([&](ReaderWishes& wishes) { wishes.copy = copy; });
  }
  void set_byte_rate(double bytes_per_second) override {
    wish([&](ReaderWishes& wishes) { wishes.byte_rate = bytes_per_second; });
  }
  void set_next_uri(const std::string& uri) override {
    wish([&](ReaderWishes& wishes) { wishes.next_uri = uri; });
  }

  void set_node_options(const NodeOptions& options) override {
    if (lease_) // goes after this task
      engine_.post([&node = lease_.node(), options] { node.set(options); });
  }

  [[nodiscard]] std::optional<std::uint64_t> length() const override {
    const auto file = track_file();
    return file ? std::optional(file->length) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::chrono::nanoseconds> duration() const override {
    const auto file = track_file();
    return file ? file->duration : std::nullopt;
  }

  [[nodiscard]] bool complete() override {
    const std::lock_guard lock(hold_mutex_);
    if (hold_)
      return true;
    const auto open = download();
    if (!open || !open->store().cache().complete(track()))
      return false;
    hold_ = open->store().cache().hold(track());
    // Somebody may have evicted it just before it was held.
    if (!open->store().cache().complete(track()))
      hold_.reset();
    return hold_ != nullptr;
  }

  [[nodiscard]] std::vector<ByteRange> cached_ranges() const override {
    const auto open = download();
    return open ? open->store().cache().ranges(track()) : std::vector<ByteRange>();
  }

  [[nodiscard]] ReaderStats stats() const override {
    ReaderStats stats;
    {
      const std::lock_guard lock(stats_mutex_);
      stats = stats_;
    }
    stats.waiting = waiting_;
    stats.lead = std::chrono::nanoseconds(core_->lead);
    stats.server_rate = core_->server_rate;
    stats.peer_rate = core_->peer_rate;
    stats.links = core_->links;
    const std::lock_guard lock(core_->counts_mutex);
    stats.bytes_wasted = core_->counts.wasted;
    stats.server_received = core_->counts.server;
    for (const auto& [peer, bytes] : core_->counts.peers)
      stats.peers.push_back({peer, bytes});
    return stats;
  }

private:
  void begin(const OpenOptions& options) {
    const auto uri = parse_uri(options.uri);
    if (!uri)
      return core_->fail(uri.error());
    if (uri->bare())
      return core_->fail({ErrorCode::bad_uri,
                          "The URI \"" + options.uri + "\" names nothing; give a release's.",
                          {}});
    auto settings = resolve_settings(options, system_settings_origin());
    if (!settings)
      return core_->fail(settings.error());
    if (const auto listener = core_->listener.lock())
      listener->on_progress(ReaderListener::Progress::start, "open", "Opening " + options.uri);
    lease_ = Node::lease(*settings, OpeningKey::of(*uri, options, settings->sources));
    if (const auto here = lease_.opening().find_here()) {
      const auto track = resolve_track(*here->release(), *uri);
      if (!track)
        return core_->fail(track.error());
      {
        const std::lock_guard lock(core_->mutex);
        core_->track = *track;
        core_->download = here;
      }
      if (const auto listener = core_->listener.lock())
        listener->on_facts();
    }
    // The lease goes after this task: both are dropped on the engine's thread, in order.
    engine_.post([&node = lease_.node(), &opening = lease_.opening(), core = core_, uri = *uri] {
      node.add_listener(core);
      opening.join(core, uri, Opening::Purpose::read);
    });
  }

  template <typename Act>
  void on_engine(Act act) {
    engine_.post([act, core = core_] {
      std::shared_ptr<Download> download;
      {
        const std::lock_guard lock(core->mutex);
        download = core->download;
      }
      if (download)
        act(download->readers(), core);
    });
  }

  template <typename Done>
  void wait(std::unique_lock<std::mutex>& lock, Done done) {
    waiting_ = !done();
    core_->changed.wait(lock, done);
    waiting_ = false;
  }

  template <typename Change>
  void wish(Change change) {
    {
      const std::lock_guard lock(core_->mutex);
      change(core_->wishes);
    }
    on_engine([](DownloadReaders& readers, const ReaderCorePtr& core) { readers.update(core); });
  }

  void set_cancelled(bool cancelled) {
    {
      const std::lock_guard lock(core_->mutex);
      core_->cancelled = cancelled;
    }
    core_->changed.notify_all();
  }

  [[nodiscard]] std::shared_ptr<Download> download() const {
    const std::lock_guard lock(core_->mutex);
    return core_->download;
  }
  [[nodiscard]] FileIndex track() const {
    const std::lock_guard lock(core_->mutex);
    return core_->track;
  }
  [[nodiscard]] std::optional<ReleaseFile> track_file() const {
    const auto open = download();
    return open ? std::optional(open->release()->file(track())) : std::nullopt;
  }

  void note_wait(std::optional<std::chrono::nanoseconds> since) {
    if (!since)
      return;
    const std::lock_guard lock(stats_mutex_);
    if (stats_.start_delay == 0ns) // the first one is no stall
      return;
    ++stats_.stalls;
    stats_.stalled += Engine::now() - *since;
  }

  void note_bytes(ByteRange range) {
    const PieceStore::Fresh fresh = core_->download->store().take_fresh(core_->track, range);
    bool first = false;
    {
      const std::lock_guard lock(stats_mutex_);
      first = stats_.start_delay == 0ns;
      if (first)
        stats_.start_delay = Engine::now() - core_->opened_at;
      // What is read twice counts once.
      const std::uint64_t unread = range.size() - read_.overlap(range);
      read_.add(range);
      const std::uint64_t from_peers = std::min(fresh.peers, unread);
      const std::uint64_t from_server = std::min(fresh.server, unread - from_peers);
      stats_.bytes_peers += from_peers;
      stats_.bytes_server += from_server;
      stats_.bytes_cache += unread - from_peers - from_server;
    }
    if (!first)
      return;
    if (const auto listener = core_->listener.lock())
      listener->on_progress(ReaderListener::Progress::complete, "open", "Playing");
  }

  Engine& engine_;
  const Engine::Use use_;
  ReaderCorePtr core_;
  Lease lease_;
  std::mutex hold_mutex_;
  std::unique_ptr<TrackHold> hold_;
  std::atomic<bool> waiting_ = false;
  mutable std::mutex stats_mutex_;
  ReaderStats stats_;
  RangeSet read_;
};

} // namespace

std::shared_ptr<Reader> Reader::open(OpenOptions options, std::weak_ptr<ReaderListener> listener) {
  return std::make_shared<CachingReader>(std::move(options), std::move(listener));
}

} // namespace triad
