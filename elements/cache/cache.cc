// SPDX-License-Identifier: LGPL-2.1-or-later
// The cache as its users see it.
#include "cache/cache.h"

#include "cache/core.h"
#include "cache/entry.h"
#include "cache/stock.h"
#include "cache/upload_count.h"
#include "cache/url_entry.h"

#include <cerrno>

namespace triad {
namespace cache {
namespace {

class FolderCache final : public Cache {
public:
  explicit FolderCache(CacheOptions options)
      : core_(std::make_shared<Core>(std::move(options))), uploads_(core_->index()) {}

  std::optional<CachedMetainfo> find_metainfo(const std::string& url) override {
    if (auto kept = metainfo_.find(url))
      return kept;
    const auto root = core_->root();
    return root ? cache::find_metainfo(*root, url) : std::nullopt;
  }

  void store_metainfo(const std::string& url, const Release& release,
                      const CachedMetainfo& metainfo) override {
    if (!core_->memory_only()) {
      core_->revive_root();
      const auto root = core_->root();
      if (root && cache::store_metainfo(*root, url, hex(release.id()), metainfo)) {
        metainfo_.remove(url);
        return;
      }
      core_->disk_failed(root ? errno : ENOENT);
    }
    metainfo_.put(url, metainfo);
  }

  std::shared_ptr<CacheEntry> entry(ReleasePtr release, const std::string& uri_base) override {
    if (core_->index() && !uri_base.empty())
      core_->index()->write(
          [id = release->id(), uri_base](IndexDb& db) { db.set_uri(id, uri_base); });
    return core_->entry(release);
  }

  void look_again() override { core_->look_again(); }

  Status add_library(ReleasePtr release, const std::filesystem::path& folder) override {
    if (!Folder::open(folder))
      return Error{ErrorCode::io, "The library folder " + folder.string() + " can't be opened",
                   std::error_code(errno, std::generic_category()).message()};
    core_->add_library(release, std::filesystem::absolute(folder));
    return ok();
  }

  std::uint64_t count_uploaded(std::uint32_t month, std::uint64_t bytes) override {
    return uploads_.add(month, bytes);
  }

  Result<std::vector<CachedTrack>> list() override { return list_tracks(*core_); }
  std::vector<CachedRelease> releases() override { return list_releases(*core_); }
  Status pin(const std::string& release_id, const std::string& path, bool pinned) override {
    return pin_track(*core_, release_id, path, pinned);
  }
  Result<VerifyReport> verify() override { return verify_all(*core_); }
  Result<std::uint64_t> trim(std::uint64_t max_size) override {
    if (core_->memory_only())
      return std::uint64_t{0};
    const auto core = core_;
    auto freed = core_->index()->ask<std::uint64_t>(
        [core, max_size](IndexDb& db) { return core->evict(db, max_size); });
    if (freed)
      return freed;
    return Error{ErrorCode::io,
                 "The cache's index, which knows the pins, can't be read or written, so tracks "
                 "stay; try again, or delete index.sqlite in " +
                     core_->folder().string() + ", and the pins with it",
                 freed.error().detail};
  }
  Result<std::uint64_t> clear() override { return trim(0); }
  std::uint64_t max_size() const override { return core_->max_size(); }
  void set_max_size(std::uint64_t bytes) override { core_->set_max_size(bytes); }

private:
  const std::shared_ptr<Core> core_;
  MetainfoMemory metainfo_;
  UploadCount uploads_; // goes before the core
};

} // namespace
} // namespace cache

std::shared_ptr<Cache> Cache::open(CacheOptions options) {
  return std::make_shared<cache::FolderCache>(std::move(options));
}

} // namespace triad
