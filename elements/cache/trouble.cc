// SPDX-License-Identifier: LGPL-2.1-or-later
// Sentences for people, and patience.
#include "cache/trouble.h"

#include <cerrno>
#include <cstring>
#include <utility>

namespace triad::cache {
namespace {

// Counted in pieces, not in seconds: whoever stores nothing has nothing to recover.
constexpr unsigned pieces_between_trials = 8;

} // namespace

bool Trouble::disk_failed(int error, const std::string& folder) {
  // A matter of one file's name, or of what somebody put there, not of the disk.
  if (error == ENAMETOOLONG || error == EINVAL || error == ELOOP || error == ENOTDIR ||
      error == EISDIR || error == EXDEV || error == EILSEQ) {
    warn_once("name", "A file can't be made in the cache folder " + folder + " (" +
                          std::strerror(error) + "); it is played from memory");
    return false;
  }
  bool known = false;
  {
    const std::lock_guard lock(mutex_);
    known = std::exchange(failing_, true);
    skipped_ = 0;
  }
  const std::string until = "; playing on from memory until it can be written again";
  const std::string another = "choose another with cache-dir or TRIAD_CACHE_DIR";
  if (error == ENOSPC || error == EDQUOT)
    warn_once("full", "The disk that holds the cache folder " + folder + " is full" + until +
                          "; make room, or " + another);
  else if (error == EROFS || error == EACCES || error == EPERM)
    warn_once("read-only", "The cache folder " + folder + " can't be written (" +
                               std::strerror(error) + ")" + until + "; make it writable, or " +
                               another);
  else if (error == ENOENT)
    warn_once("gone",
              "The cache folder " + folder + " is not there" + until + "; make it, or " + another);
  else
    warn_once("other", "The cache folder " + folder + " failed (" + std::strerror(error) + ")" +
                           until + "; see to its disk, or " + another);
  return !known;
}

void Trouble::folder_failed(int error, const std::string& folder) {
  if (error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG)
    warn_once("folder", "The cache folder " + folder + " can't be used (" + std::strerror(error) +
                            "); playing from memory; choose another with cache-dir or "
                            "TRIAD_CACHE_DIR");
  else
    disk_failed(error, folder);
  const std::lock_guard lock(mutex_);
  failing_ = true;
  folder_failed_ = true;
}

bool Trouble::disk_worked() {
  const std::lock_guard lock(mutex_);
  folder_failed_ = false;
  return std::exchange(failing_, false);
}

bool Trouble::try_disk() {
  const std::lock_guard lock(mutex_);
  if (!failing_ || ++skipped_ < pieces_between_trials)
    return !failing_;
  skipped_ = 0;
  return true;
}

void Trouble::index_failed(const std::string& reason) {
  warn_once("index",
            "The cache's index can't be used (" + reason +
                "); tracks are found by their files, and none is evicted while it can't be read");
}

void Trouble::warn_once(const std::string& kind, const std::string& sentence) {
  {
    const std::lock_guard lock(mutex_);
    if (folder_failed_ || !told_.insert(kind).second)
      return;
  }
  if (warn_)
    warn_(sentence);
}

} // namespace triad::cache
