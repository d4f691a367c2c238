// SPDX-License-Identifier: LGPL-2.1-or-later
// One release on its way to its readers: the only place that joins schedule, verifier, cache and
// suppliers.
//
// Made on any thread; then, unless said otherwise, engine thread only. docs/architecture.md.
#pragma once

#include "node/download_readers.h"
#include "node/early_bytes.h"
#include "node/engine.h"
#include "node/piece_assembly.h"
#include "node/piece_store.h"
#include "node/prefetch.h"
#include "node/server_supplier.h"
#include "schedule/schedule.h"

#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <vector>

namespace triad {

struct DownloadOptions {
  bool use_server = true;
  ServerOptions server;
  OpenNext open_next;            // for a next-uri in another release
  std::filesystem::path library; // folder that the release's own files may be in; may be empty
};

class Download : public std::enable_shared_from_this<Download>, private SharedEntry::Listener {
public:
  // `whole`: all of the metainfo is there; else set_release() follows.
  Download(Engine& engine, ReleasePtr release, bool whole, std::shared_ptr<SharedEntry> entry,
           DownloadOptions options);
  ~Download() override;

  // --- any thread ---
  [[nodiscard]] ReleasePtr release() const { return store_.release(); }
  [[nodiscard]] PieceStore& store() { return store_; }

  // --- what an opening does ---
  void set_release(ReleasePtr release, bool local); // local: see Origin
  void adopt(std::unique_ptr<EarlyBytes> early, FileIndex file);
  void fail(const Error& error); // for all readers, present and future

  // --- what readers do ---
  [[nodiscard]] DownloadReaders& readers() { return *readers_; }
  void set_up(); // before the first reader: suppliers, news from the cache

  // --- what DownloadReaders asks of its download ---
  void feed(ScheduleEvent event);
  [[nodiscard]] Schedule& schedule() { return schedule_; }
  [[nodiscard]] const DownloadOptions& options() const { return options_; }
  [[nodiscard]] const std::optional<Error>& failed() const { return failed_; }
  [[nodiscard]] Time last_byte() const { return last_byte_; }
  [[nodiscard]] std::string last_error() const;
  struct TrackCounts {
    std::uint64_t received = 0, wasted = 0; // bytes from servers, verified or not
  };
  [[nodiscard]] TrackCounts counts(FileIndex track) const;
  [[nodiscard]] double server_rate() const;
  void try_servers_again(); // those that were given up

private:
  void pump();
  void act(const Request& request);
  void act(const Cancel& cancel);
  void act(const WakeAt& wake);
  void act(const SentBadPiece& sent);

  [[nodiscard]] bool settled(PieceIndex piece) const; // nothing more is to come of it
  [[nodiscard]] std::vector<ByteRange> missing(ByteRange range);
  void on_bytes(FileIndex file, std::uint64_t offset, Bytes bytes, bool early);
  void on_whole(PieceIndex piece);
  void on_failed(const ServerSupplier::Failure& failure);
  [[nodiscard]] std::string changed_here(FileIndex file) const;
  void on_stored(PieceIndex piece) override;
  void on_lost(PieceIndex piece) override;
  void became_readable(PieceIndex piece);
  void waste(PieceIndex piece);

  Engine& engine_;
  DownloadOptions options_;
  const std::shared_ptr<SharedEntry> entry_;
  PieceStore store_;
  const ReleasePtr geometry_; // the first release; the whole one has the same
  PieceAssembly assembly_;
  std::vector<bool> verified_; // by piece: what the schedule was told
  Schedule schedule_;
  bool whole_;
  bool set_up_ = false;
  std::shared_ptr<HttpClient> client_;
  std::unique_ptr<ServerSupplier> supplier_;
  std::unique_ptr<DownloadReaders> readers_;
  std::deque<ScheduleEvent> events_;
  bool pump_posted_ = false;
  std::optional<Error> failed_;
  std::map<FileIndex, TrackCounts> counts_;
  std::vector<PieceIndex> unblamed_; // bad, with bytes that an opening had guessed
  Time last_byte_{0};
  EngineTimer wake_timer_;
};

} // namespace triad
