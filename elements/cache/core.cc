// SPDX-License-Identifier: LGPL-2.1-or-later
// The cache folder's life, the entries, and when to evict.
#include "cache/core.h"

#include "cache/entry.h"
#include "cache/eviction.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace triad::cache {
namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::uint64_t least_default = 64 * mebibyte, most_default = 10 * 1024 * mebibyte;

std::filesystem::path default_folder() {
  // XDG Base Directory: relative paths are to be ignored.
  for (const auto& [variable, below] :
       {std::pair("XDG_CACHE_HOME", "triad"), std::pair("HOME", ".cache/triad")}) {
    const char* value = std::getenv(variable);
    if (value && value[0] == '/')
      return std::filesystem::path(value) / below;
  }
  return {};
}

} // namespace

Core::Core(CacheOptions options)
    : trouble_(std::make_shared<Trouble>(std::move(options.warn))), max_size_(options.max_size) {
  if (options.memory_only)
    return;
  const std::filesystem::path wanted = options.folder.empty() ? default_folder() : options.folder;
  std::error_code error;
  folder_ = std::filesystem::absolute(wanted, error);
  if (wanted.empty() || error) {
    folder_.clear();
    trouble_->folder_failed(ENOENT, "$XDG_CACHE_HOME/triad");
    return;
  }
  root_ = Folder::create(folder_);
  if (!root_)
    trouble_->folder_failed(errno, folder_);
  // SQLite follows no links; the folder itself may well be behind one.
  const auto real = std::filesystem::canonical(folder_, error);
  index_ = std::make_unique<Index>(
      error ? folder_ : real,
      [trouble = trouble_](const std::string& reason) { trouble->index_failed(reason); });
}

std::shared_ptr<const Folder> Core::root() const {
  const std::lock_guard lock(mutex_);
  return root_;
}

void Core::revive_root() {
  const auto old = root();
  if (old && !old->deleted())
    return;
  auto made = Folder::create(folder_);
  const std::lock_guard lock(mutex_);
  if (made)
    root_ = std::move(made);
}

void Core::disk_failed(int error) {
  if (trouble_->disk_failed(error, folder_))
    count_again();
}

void Core::keep_in_memory(const Sha1& release, PieceIndex piece, Bytes bytes) {
  for (const MemoryStore::Key& key : memory_.put({release, piece}, bytes))
    if (const auto entry = find_entry(key.first))
      entry->dropped_from_memory(key.second);
}

void Core::empty_memory() {
  for (const auto& entry : entries())
    entry->move_from_memory();
}

std::vector<std::shared_ptr<Entry>> Core::entries() const {
  std::vector<std::shared_ptr<Entry>> entries;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, known] : entries_)
    if (auto entry = known.lock())
      entries.push_back(std::move(entry));
  return entries;
}

void Core::look_again() {
  if (!index_)
    return;
  index_->run([weak = weak_from_this()](IndexDb* db) {
    const auto self = weak.lock();
    if (!self || !db)
      return;
    for (const auto& entry : self->entries())
      entry->load(db);
  });
}

std::shared_ptr<Entry> Core::entry(const ReleasePtr& release) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(entries_, [](const auto& known) { return known.second.expired(); });
    std::weak_ptr<Entry>& known = entries_[release->id()];
    if ((entry = known.lock()))
      return entry;
    entry = std::make_shared<Entry>(shared_from_this(), release);
    known = entry;
    if (const auto library = libraries_.find(release->id()); library != libraries_.end())
      entry->set_library(library->second);
  }
  entry->start();
  return entry;
}

std::shared_ptr<Entry> Core::find_entry(const Sha1& release) const {
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(release);
  return known == entries_.end() ? nullptr : known->second.lock();
}

void Core::add_library(const ReleasePtr& release, const std::filesystem::path& folder) {
  {
    const std::lock_guard lock(mutex_);
    libraries_[release->id()] = folder;
  }
  if (const auto known = find_entry(release->id()))
    known->set_library(folder);
}

std::uint64_t Core::max_size() const {
  const auto folder = root();
  const std::uint64_t free = folder ? folder->free_space() : 0;
  const std::lock_guard lock(mutex_);
  return limit_for(cached_.value_or(0), free);
}

std::uint64_t Core::limit_for(std::uint64_t cached, std::uint64_t free) const {
  // What is cached counts as free, or the limit would shrink as the cache fills.
  return max_size_ ? *max_size_ : std::clamp((free + cached) / 10, least_default, most_default);
}

void Core::set_max_size(std::uint64_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    max_size_ = bytes;
  }
  count_again();
}

void Core::count_again() {
  {
    const std::lock_guard lock(mutex_);
    cached_.reset(); // unknown is counted at once
  }
  wrote(0);
}

void Core::wrote(std::uint64_t bytes) {
  if (!index_)
    return;
  const std::uint64_t limit = max_size();
  {
    const std::lock_guard lock(mutex_);
    uncounted_ += bytes;
    if (cached_)
      *cached_ += bytes;
    // Counting walks the folder. Other processes write, too, so it is done now and then even if
    // this one is far from the limit; and not for each piece while everything is in use.
    const bool due =
        !cached_ || uncounted_ > limit / 16 || (*cached_ > limit && uncounted_ > limit / 64);
    if (!due || checking_)
      return;
    checking_ = true;
  }
  index_->run(
      [weak = weak_from_this()](IndexDb* db) {
        const auto self = weak.lock();
        if (!self)
          return;
        {
          const std::lock_guard lock(self->mutex_);
          self->checking_ = false;
        }
        if (db)
          self->check_size(*db);
      },
      true);
}

void Core::check_size(IndexDb& db) {
  const auto folder = root();
  if (!folder)
    return;
  const std::uint64_t cached = cached_size(*folder), free = folder->free_space();
  std::uint64_t limit = 0;
  {
    const std::lock_guard lock(mutex_);
    cached_ = cached;
    uncounted_ = 0;
    limit = limit_for(cached, free);
  }
  // A little more than needed, or each further piece would evict again.
  if (cached > limit)
    evict(db, limit - limit / 16);
  trim_metainfo(*folder);
}

std::uint64_t Core::evict(IndexDb& db, std::uint64_t limit) {
  const auto folder = root();
  if (!folder)
    return 0;
  const Evicted evicted =
      cache::evict(*folder, db, limit, [this](const Sha1& release, const std::string& path) {
        if (const auto entry = find_entry(release))
          entry->evicted(path);
      });
  const std::lock_guard lock(mutex_);
  cached_ = evicted.left;
  return evicted.freed;
}

} // namespace triad::cache
