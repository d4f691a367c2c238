// SPDX-License-Identifier: LGPL-2.1-or-later
// One release on its way to its readers: the only place that joins schedule, verifier, cache and
// suppliers.
//
// Made on any thread; then, unless said otherwise, engine thread only. docs/architecture.md.
#pragma once

#include "node/bad_pieces.h"
#include "node/download_readers.h"
#include "node/early_bytes.h"
#include "node/engine.h"
#include "node/peer_supplier.h"
#include "node/peers.h"
#include "node/piece_assembly.h"
#include "node/piece_store.h"
#include "node/prefetch.h"
#include "node/server_supplier.h"
#include "schedule/schedule.h"

#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace triad {

struct DownloadOptions {
  bool use_server = true;
  ServerOptions server;
  bool credentials = false;          // the server knows who asks: see has_credentials()
  Peers* peers = nullptr;            // the node's; null: not to be used
  std::vector<std::string> trackers; // of a magnet link, besides the release's
  OpenNext open_next;                // for a next-uri in another release
  // Peers have brought a magnet link's piece layers: `info` and these are the whole metainfo.
  std::function<void(const ReleasePtr& whole, Bytes info)> on_layers;
  std::filesystem::path library; // folder that the release's own files may be in; may be empty
};

// Pieces of a hybrid that are kept in memory until peers have brought its v2 layers.
inline constexpr std::uint64_t most_waiting_for_layers = 16 << 20; // bytes

class Download : public std::enable_shared_from_this<Download>, private SharedEntry::Listener {
public:
  // `whole`: all of the metainfo is there; else set_release() follows.
  Download(Engine& engine, ReleasePtr release, bool whole, InfoPtr info,
           std::shared_ptr<SharedEntry> entry, DownloadOptions options);
  ~Download() override;

  // --- any thread ---
  [[nodiscard]] ReleasePtr release() const { return store_.release(); }
  [[nodiscard]] PieceStore& store() { return store_; }

  // --- what an opening does ---
  void set_release(ReleasePtr release, InfoPtr info, bool local); // local: see Origin
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
  [[nodiscard]] bool whole() const { return whole_; } // all of the metainfo is there
  [[nodiscard]] Time last_byte() const { return last_byte_; }
  // Why nothing can be fetched for `track` at all; empty if something can.
  [[nodiscard]] std::optional<Error> why_no_source(const std::string& track) const;
  // Where peers are looked for; empty: nowhere (yet).
  [[nodiscard]] std::vector<std::string> trackers_used() const;
  // Whether peers may still bring what servers can't.
  [[nodiscard]] bool hopes_for_peers() const;
  [[nodiscard]] std::string last_error() const; // of each source
  // For people: what the server said last, if anything; what became of the peers, if they were
  // used. Whole sentences, each with a space before it.
  [[nodiscard]] std::string server_said() const;
  [[nodiscard]] std::string peers_tried() const;
  [[nodiscard]] const TrackCounts& counts(FileIndex track) { return counts_[track]; }
  [[nodiscard]] double server_rate() const;
  struct PeerFigures {
    double rate = 0; // bytes per second
    std::size_t links = 0;
  };
  [[nodiscard]] PeerFigures peer_figures() const;
  // For Peers::set_lead().
  void set_lead(const void* reader, std::optional<Duration> lead);
  void try_servers_again(); // those that were given up

private:
  // --- download.cc: sources and the schedule ---
  void add_server();
  void join_peers();
  [[nodiscard]] std::vector<std::string> trackers() const; // those of metainfo and magnet link
  [[nodiscard]] Supplier& supplier(SupplierId id);
  void pump();
  void act(const Request& request);
  void act(const Cancel& cancel);
  void act(const WakeAt& wake);
  void act(const SentBadPiece& sent);
  void on_failed(const ServerSupplier::Failure& failure);
  void on_layers(const ReleasePtr& whole);
  bool judge(ReleasePtr release); // what was kept, by all hashes; false: they contradict each other
  [[nodiscard]] std::string changed_here(FileIndex file) const;

  // --- download_bytes.cc: what arrives ---
  [[nodiscard]] bool settled(PieceIndex piece) const; // nothing more is to come of it
  [[nodiscard]] std::vector<ByteRange> missing(ByteRange range);
  void on_bytes(FileIndex file, std::uint64_t offset, Bytes bytes, bool early);
  void on_block(SupplierId supplier, const std::string& peer, BlockIndex block, Bytes bytes);
  void on_whole(PieceIndex piece);
  void on_bad(PieceIndex piece, SentPiece sent);
  void blame(PieceIndex piece, Bytes right);
  void fail_as_inconsistent();
  void on_stored(PieceIndex piece) override;
  void on_lost(PieceIndex piece) override;
  void became_readable(PieceIndex piece);
  void limit_wait_for_layers();
  void waste(PieceIndex piece);

  Engine& engine_;
  DownloadOptions options_;
  const std::shared_ptr<SharedEntry> entry_;
  PieceStore store_;
  const ReleasePtr geometry_; // the first release; the whole one has the same
  PieceAssembly assembly_;
  BadPieces bad_;
  std::vector<bool> verified_; // by piece: what the schedule was told
  Schedule schedule_;
  bool whole_;
  InfoPtr info_;
  bool set_up_ = false;
  std::shared_ptr<HttpClient> client_;
  std::unique_ptr<ServerSupplier> server_;
  std::unique_ptr<PeerSupplier> peers_;
  std::unique_ptr<DownloadReaders> readers_;
  std::deque<ScheduleEvent> events_;
  bool pump_posted_ = false;
  std::optional<Error> failed_;
  std::map<FileIndex, TrackCounts> counts_;
  Time last_byte_{0};
  EngineTimer wake_timer_;
};

} // namespace triad
