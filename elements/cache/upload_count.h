// SPDX-License-Identifier: LGPL-2.1-or-later
// Counts what was given to peers in a month, in the index, for all processes. Any thread.
#pragma once

#include "cache/index.h"

#include <cstdint>
#include <memory>
#include <mutex>

namespace triad::cache {

class UploadCount {
public:
  explicit UploadCount(Index* index) : index_(index), state_(std::make_shared<State>()) {}
  ~UploadCount(); // writes what is left
  UploadCount(const UploadCount&) = delete;
  UploadCount& operator=(const UploadCount&) = delete;

  // As Cache::count_uploaded().
  std::uint64_t add(std::uint32_t month, std::uint64_t bytes);

private:
  struct State {
    std::mutex mutex;
    std::uint32_t month = 0;
    std::uint64_t counted = 0; // here, this month
    std::uint64_t posted = 0;  // of that, to the index
    std::uint64_t known = 0;   // the index's total when `applied` of it was ours
    std::uint64_t applied = 0;
  };
  void post(); // mutex held

  Index* const index_; // null: nothing is kept on disk
  const std::shared_ptr<State> state_;
};

} // namespace triad::cache
