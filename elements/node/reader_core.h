// SPDX-License-Identifier: LGPL-2.1-or-later
// What a reader's streaming thread and the engine share: how one wakes the other.
#pragma once

#include "node/reader.h"
#include "node/sent_bytes.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

namespace triad {

class Download;

// What the application wants of a reader; the engine acts on it when it comes round.
struct ReaderWishes {
  std::uint64_t seeks = 0; // how many there were
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> stop;
  bool copy = false;
  double byte_rate = 0; // downstream's; 0: unknown
  std::string next_uri;
};

struct ReaderCore {
  // --- set before it is shared ---
  std::weak_ptr<ReaderListener> listener;
  std::chrono::nanoseconds timeout{0};
  std::chrono::nanoseconds opened_at{0}; // Engine::now()

  // --- guarded by mutex; changed() after each change that a waiting read must see ---
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::shared_ptr<Download> download; // set once, when the release is known
  FileIndex track;                    // valid with download
  std::optional<Error> error;         // final
  bool cancelled = false;
  std::uint64_t wakeups = 0; // the engine says: look again
  ReaderWishes wishes;

  // --- written by the engine, for stats ---
  std::atomic<std::int64_t> lead{0}; // nanoseconds
  std::atomic<double> server_rate{0}, peer_rate{0};
  std::atomic<std::size_t> links{0};
  mutable std::mutex counts_mutex;
  TrackCounts counts; // guarded by counts_mutex

  void wake() {
    {
      const std::lock_guard lock(mutex);
      ++wakeups;
    }
    changed.notify_all();
  }
  // The first error stays. No lock held by the caller.
  void fail(const Error& reason) {
    {
      const std::lock_guard lock(mutex);
      if (error)
        return;
      error = reason;
    }
    changed.notify_all();
    if (const auto told = listener.lock())
      told->on_progress(ReaderListener::Progress::error, "open", reason.message);
  }
};

using ReaderCorePtr = std::shared_ptr<ReaderCore>;

} // namespace triad
