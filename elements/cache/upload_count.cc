// SPDX-License-Identifier: LGPL-2.1-or-later
// Adds in memory, writes now and then, and learns what others have added.
#include "cache/upload_count.h"

namespace triad::cache {

namespace {

// A killed process forgets to count no more than this.
constexpr std::uint64_t write_every = 256 * 1024; // bytes

} // namespace

UploadCount::~UploadCount() {
  const std::lock_guard lock(state_->mutex);
  if (state_->counted > state_->posted)
    post();
}

std::uint64_t UploadCount::add(std::uint32_t month, std::uint64_t bytes) {
  const std::lock_guard lock(state_->mutex);
  State& now = *state_;
  const bool fresh = now.month != month;
  if (fresh) {
    if (now.counted > now.posted)
      post();
    now.month = month;
    now.counted = now.posted = now.known = now.applied = 0;
  }
  now.counted += bytes;
  if (fresh || now.counted - now.posted >= write_every)
    post();
  return now.known + (now.counted - now.applied);
}

void UploadCount::post() {
  const std::uint64_t bytes = state_->counted - state_->posted;
  state_->posted = state_->counted;
  if (!index_)
    return;
  index_->write(
      [state = state_, month = state_->month, bytes, applied = state_->posted](IndexDb& db) {
        const std::uint64_t total = db.add_uploaded(month, bytes);
        const std::lock_guard lock(state->mutex);
        if (state->month != month)
          return;
        state->known = total;
        state->applied = applied;
      });
}

} // namespace triad::cache
