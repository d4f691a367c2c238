// SPDX-License-Identifier: LGPL-2.1-or-later
// The readers of one download: who waits for what, since when, and what each may be told.
//
// Engine thread only; a part of Download.
#pragma once

#include "cache/cache.h"
#include "node/engine.h"
#include "node/prefetch.h"
#include "node/reader_core.h"
#include "schedule/schedule.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace triad {

class Download;

class DownloadReaders {
public:
  DownloadReaders(Engine& engine, Download& download);
  ~DownloadReaders();
  DownloadReaders(const DownloadReaders&) = delete;
  DownloadReaders& operator=(const DownloadReaders&) = delete;

  // --- what readers ask; each but attach() is ignored for one that is not attached ---
  void attach(const ReaderCorePtr& core); // its download and track are set
  void detach(const ReaderCorePtr& core);
  // The streaming thread found nothing at `offset`, for the `attempt`-th time in a row (from 1).
  void want(const ReaderCorePtr& core, std::uint64_t offset, unsigned attempt);
  void want_nothing(const ReaderCorePtr& core);
  void update(const ReaderCorePtr& core); // its wishes have changed

  // --- what the prefetch of the track before asks ---
  ReaderId add_prefetch(FileIndex track);
  void set_outlook(ReaderId prefetch, const Outlook& before);
  void remove_prefetch(ReaderId prefetch);
  [[nodiscard]] bool fetched(ReaderId prefetch) const; // head, and tail where it is read early

  // --- news ---
  void on_readable(PieceIndex piece, bool fresh); // fresh: it was not readable before
  void on_lost(PieceIndex piece);
  void on_given_up(FileIndex file, const Error& error); // no server of it is left
  void on_counts(FileIndex track);                      // bytes came
  void on_peers_used();                                 // the release's swarm was joined
  void on_hopes();                                      // more or fewer peers may send something
  void on_facts();                                      // the whole metainfo has come
  void fail_all(const Error& error);

private:
  struct Record {
    ReaderCorePtr core;
    ReaderId id{};
    FileIndex track;
    std::uint32_t missing = 0; // pieces of the track
    std::optional<std::uint64_t> waiting;
    Time waiting_since{0};
    std::optional<double> metainfo_rate;
    std::optional<Duration> running_time; // when it was asked last
    ReaderWishes told;                    // of its wishes
    std::unique_ptr<TrackHold> hold;
    std::unique_ptr<Prefetch> prefetch;
  };

  Record* find(const ReaderCorePtr& core);
  [[nodiscard]] static double rate_of(const Record& record);
  [[nodiscard]] bool rate_to_come(const Record& record) const;
  void update(Record& record);
  void tell_rate(const Record& record);
  void tell_had(FileIndex track);
  [[nodiscard]] ByteRange track_range(FileIndex track) const; // release space
  [[nodiscard]] bool in_track(PieceIndex piece, FileIndex track) const;
  [[nodiscard]] bool readable(FileIndex track, std::uint64_t offset) const;
  [[nodiscard]] bool readable(FileIndex track, ByteRange range) const;
  [[nodiscard]] std::uint32_t count_missing(FileIndex track) const;
  [[nodiscard]] std::string name_of(const Record& record) const;
  void stop_waiting(Record& record);
  void update_stats(Record& record);
  void poll();
  void keep_polling();
  void tell_lead(Record& record, std::optional<Duration> running_time);
  void fail_given_up();
  [[nodiscard]] Error after_peers(Error error) const;
  void watch_timeouts();
  void check_timeouts();

  Download& download_;
  std::vector<std::unique_ptr<Record>> records_;
  std::map<ReaderId, FileIndex> prefetches_;
  std::set<FileIndex> told_;                 // tracks of which the schedule knows what is had
  std::map<FileIndex, TrackCounts> claimed_; // stands in some reader's stats, each byte in one's
  std::map<FileIndex, Error> given_up_;
  std::uint32_t next_id_ = 0;
  EngineTimer poll_timer_, timeout_timer_;
};

} // namespace triad
