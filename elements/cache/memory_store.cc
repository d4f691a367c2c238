// SPDX-License-Identifier: LGPL-2.1-or-later
// A bounded map, first in, first out.
#include "cache/memory_store.h"

namespace triad::cache {

std::vector<MemoryStore::Key> MemoryStore::put(const Key& key, Bytes bytes) {
  if (bytes.size() > limit_)
    return {key};
  auto piece = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
  std::vector<Key> dropped;
  const std::lock_guard lock(mutex_);
  if (const auto old = pieces_.find(key); old != pieces_.end())
    remove_locked(old);
  while (size_ + bytes.size() > limit_) {
    dropped.push_back(by_age_.begin()->second);
    remove_locked(pieces_.find(dropped.back()));
  }
  size_ += bytes.size();
  by_age_.emplace(next_, key);
  pieces_.emplace(key, Kept{std::move(piece), next_++});
  return dropped;
}

MemoryStore::Piece MemoryStore::find(const Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto at = pieces_.find(key);
  return at == pieces_.end() ? nullptr : at->second.piece;
}

void MemoryStore::remove(const Key& key) {
  const std::lock_guard lock(mutex_);
  if (const auto at = pieces_.find(key); at != pieces_.end())
    remove_locked(at);
}

std::vector<PieceIndex> MemoryStore::pieces(const Sha1& release) const {
  std::vector<PieceIndex> found;
  const std::lock_guard lock(mutex_);
  for (auto at = pieces_.lower_bound({release, PieceIndex(0)});
       at != pieces_.end() && at->first.first == release; ++at)
    found.push_back(at->first.second);
  return found;
}

std::size_t MemoryStore::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

void MemoryStore::remove_locked(std::map<Key, Kept>::iterator at) {
  size_ -= at->second.piece->size();
  by_age_.erase(at->second.age);
  pieces_.erase(at);
}

} // namespace triad::cache
