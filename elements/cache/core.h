// SPDX-License-Identifier: LGPL-2.1-or-later
// What the entries of one cache share: the folder, the index, the memory, the size limit. Any
// thread.
#pragma once

#include "cache/beneath.h"
#include "cache/cache.h"
#include "cache/index.h"
#include "cache/memory_store.h"
#include "cache/trouble.h"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace triad::cache {

class Entry;

inline constexpr std::size_t memory_limit = 64 * 1024 * 1024; // bytes

class Core : public std::enable_shared_from_this<Core> {
public:
  explicit Core(CacheOptions options);

  [[nodiscard]] bool memory_only() const { return folder_.empty(); }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  // Null while it can't be opened.
  [[nodiscard]] std::shared_ptr<const Folder> root() const;
  // A folder that was deleted is made again, one that could not be opened is tried again.
  void revive_root();

  // Null if nothing is kept on disk.
  [[nodiscard]] Index* index() { return index_.get(); }
  [[nodiscard]] MemoryStore& memory() { return memory_; }
  [[nodiscard]] Trouble& trouble() { return *trouble_; }

  // A write failed with this errno. Warns; and the cache may take more than its share of a full
  // disk.
  void disk_failed(int error);

  // Keeps a piece in memory; the entries of what had to go are told.
  void keep_in_memory(const Sha1& release, PieceIndex piece, Bytes bytes);

  // The disk takes pieces again: what was kept in memory goes there.
  void empty_memory();

  // One entry per release.
  std::shared_ptr<Entry> entry(const ReleasePtr& release);
  [[nodiscard]] std::shared_ptr<Entry> find_entry(const Sha1& release) const;
  // What other processes have stored.
  void look_again();
  // Serves the release from there, now and later.
  void add_library(const ReleasePtr& release, const std::filesystem::path& folder);

  // --- size ---
  [[nodiscard]] std::uint64_t max_size() const;
  void set_max_size(std::uint64_t bytes);
  // So much was written; evicts in the background when it is time.
  void wrote(std::uint64_t bytes);
  // On the index's thread: evicts down to `limit`; returns the bytes freed.
  std::uint64_t evict(IndexDb& db, std::uint64_t limit);

private:
  [[nodiscard]] std::vector<std::shared_ptr<Entry>> entries() const;
  [[nodiscard]] std::uint64_t limit_for(std::uint64_t cached, std::uint64_t free) const;
  void count_again();
  void check_size(IndexDb& db);

  std::filesystem::path folder_;
  const std::shared_ptr<Trouble> trouble_; // the index's thread may outlive this
  MemoryStore memory_{memory_limit};

  mutable std::mutex mutex_;
  std::shared_ptr<const Folder> root_;
  std::map<Sha1, std::weak_ptr<Entry>> entries_;
  std::map<Sha1, std::filesystem::path> libraries_;
  std::optional<std::uint64_t> max_size_;
  std::optional<std::uint64_t> cached_; // bytes on disk when last counted, and what came since
  std::uint64_t uncounted_ = 0;         // bytes written since it was counted
  bool checking_ = false;

  std::unique_ptr<Index> index_; // its thread ends before the rest goes
};

} // namespace triad::cache
