// SPDX-License-Identifier: LGPL-2.1-or-later
// The background thread of a cache, and the index that only this thread touches.
//
// The thread opens the index, so nobody waits for it on the way to a first sound; it also does the
// rest of what may take its time (adoption, eviction).
#pragma once

#include "cache/index_db.h"
#include "release/result.h"

#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <string>

namespace triad::cache {

class Index {
public:
  // Idempotent, and nothing but SQL: it is repeated if its transaction fails. May throw IndexError.
  using Write = std::function<void(IndexDb&)>;
  // Null while the index can't be opened. May throw IndexError.
  using Task = std::function<void(IndexDb*)>;

  // `failed` is told why the index can't be opened or written, on the thread.
  Index(std::filesystem::path folder, std::function<void(const std::string&)> failed);
  // Commits what was written, if that can be done at once; waits for the running task. May be
  // called on the thread itself.
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  // Returns at once. Writes of a tenth of a second share a transaction; what a killed process
  // didn't commit is found again by its data (Entry::settle).
  void write(Write write);
  // Returns at once; runs after the writes and tasks before it.
  // `on_full_disk`: worth keeping other processes out of the index for its time, if it can't be had
  // otherwise.
  void run(Task task, bool on_full_disk = false);

  // Runs it and waits. Never on the thread. On a full disk the index can still be read. Error `io`
  // where it can't be had.
  template <typename T>
  Result<T> ask(std::function<T(IndexDb&)> question) {
    std::promise<Result<T>> promise;
    std::future<Result<T>> answer = promise.get_future();
    run_now([&](IndexDb* db) {
      if (!db) {
        promise.set_value(Error{ErrorCode::io, "The cache's index can't be opened", {}});
        return;
      }
      try {
        promise.set_value(question(*db));
      } catch (const IndexError& error) {
        promise.set_value(
            Error{ErrorCode::io, "The cache's index can't be read or written", error.what()});
      }
    });
    return answer.get();
  }

  class Thread; // in index.cc

private:
  void run_now(Task task); // tries to open the index even if that failed a moment ago
  std::shared_ptr<Thread> thread_;
};

} // namespace triad::cache
