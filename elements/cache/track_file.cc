// SPDX-License-Identifier: LGPL-2.1-or-later
// Opening under a lock, and verified marks.
#include "cache/track_file.h"

#include "cache/data_map.h"

#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace triad::cache {
namespace {

constexpr std::int64_t second = 1'000'000'000;
// A change within one tick of the filesystem's clock leaves the times as they were; 2 s is the
// coarsest tick in use (FAT). Marks are given only to files that have been at rest for longer.
constexpr std::int64_t coarsest_tick = 2 * second;

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * second + time.tv_nsec;
}

bool at_rest(const Stamp& stamp) {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now) - stamp.changed > coarsest_tick;
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

} // namespace

bool OpenFile::status(struct stat& out) const {
  return fstat(fd_.get(), &out) == 0;
}

std::size_t OpenFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n =
        pread(fd_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

bool OpenFile::write(std::uint64_t offset, Bytes bytes) const {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = pwrite(fd_.get(), bytes.data() + done, bytes.size() - done,
                             static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return false;
    if (n == 0)
      return errno = ENOSPC, false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

std::vector<ByteRange> OpenFile::stored(std::uint64_t size) const {
  return stored_ranges(fd_.get(), size);
}

bool OpenFile::set_mode(mode_t mode) const {
  return fchmod(fd_.get(), mode) == 0;
}

TrackFile::TrackFile(Root root, std::string path, std::uint64_t length, PieceIndex first,
                     PieceIndex end, Kind kind)
    : root_(std::move(root)),
      path_(std::move(path)),
      length_(length),
      first_(first),
      end_(end),
      kind_(kind) {}

std::shared_ptr<OpenFile> TrackFile::open(Access access) {
  {
    const std::lock_guard lock(mutex_);
    struct stat status = {};
    // What is written to a file without a name would be lost with the last hold.
    if (kept_ && (access == Access::read ||
                  (kept_->writable() && kept_->status(status) && status.st_nlink > 0 &&
                   static_cast<std::uint64_t>(status.st_size) == length_)))
      return kept_;
  }
  std::shared_ptr<OpenFile> file = open_locked(access);
  if (file) {
    const std::lock_guard lock(mutex_);
    if (holds_ > 0 && (!kept_ || access == Access::write))
      kept_ = file;
  }
  return file;
}

std::shared_ptr<OpenFile> TrackFile::open_locked(Access access) {
  const bool write = access == Access::write;
  const Links links = kind_ == Kind::library ? Links::within : Links::refused;
  // Each turn loses a race against an eviction or a rename; nobody loses many in a row.
  for (int attempt = 0; attempt < 16; ++attempt) {
    const auto root = root_();
    if (!root)
      return errno = ENOENT, nullptr;
    Fd fd = root->open_file(path_, write ? O_RDWR | O_CREAT : O_RDONLY, links);
    // An eviction may remove the folders while they are made.
    if (!fd && write && errno == ENOENT && !root->deleted() &&
        (root->make_parents(path_) || errno == ENOENT))
      continue;
    if (!fd && write && errno == EACCES) {
      // A finished file that lost a piece.
      const Fd finished = root->open_file(path_, O_RDONLY);
      if (finished && fchmod(finished.get(), 0644) == 0)
        continue;
      errno = EACCES;
    }
    if (!fd)
      return nullptr;
    if (kind_ == Kind::library)
      return std::make_shared<OpenFile>(std::move(fd), false);
    // A filesystem without flock leaves eviction to unlink(2), which readers survive anyway.
    if (flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
      return errno = EBUSY, nullptr;
    struct stat opened = {}, named = {};
    if (fstat(fd.get(), &opened) != 0)
      return nullptr;
    if (!root->status(path_, named) || !same_file(opened, named))
      continue; // evicted or replaced between open and flock
    if (write && static_cast<std::uint64_t>(opened.st_size) != length_) {
      // New, or somebody without our lock has cut it off: then what was verified is zeros now.
      clear_marks();
      if (ftruncate(fd.get(), static_cast<off_t>(length_)) != 0)
        return nullptr;
    }
    return std::make_shared<OpenFile>(std::move(fd), write);
  }
  return errno = EBUSY, nullptr;
}

TrackFile::Look TrackFile::look() {
  Look look;
  const auto file = open(Access::read);
  struct stat status = {};
  if (!file || !file->status(status))
    return look;
  look.exists = true;
  look.size = static_cast<std::uint64_t>(status.st_size);
  look.finished = (status.st_mode & 0222) == 0 && look.size == length_;
  look.stored = file->stored(std::min(look.size, length_));
  return look;
}

void TrackFile::hold() {
  {
    const std::lock_guard lock(mutex_);
    if (++holds_ > 1)
      return;
  }
  // The result is kept; where there is no file yet, the first write keeps it.
  static_cast<void>(open(Access::read));
}

void TrackFile::release() {
  std::shared_ptr<OpenFile> closed;
  const std::lock_guard lock(mutex_);
  if (--holds_ > 0)
    return;
  closed.swap(kept_);
  // Unlocked, an unfinished file may be evicted and filled anew under the same inode number.
  if (!stamp_.settled)
    marks_.clear();
}

void TrackFile::finish() {
  const auto file = open(Access::read);
  struct stat status = {};
  if (file && file->status(status) && (status.st_mode & 0222) != 0)
    file->set_mode(status.st_mode & 07777 & ~static_cast<mode_t>(0222));
}

void TrackFile::unfinish() {
  if (kind_ == Kind::library)
    return;
  const auto file = open(Access::read);
  struct stat status = {};
  if (file && file->status(status) && (status.st_mode & 0222) == 0)
    file->set_mode((status.st_mode & 07777) | 0200);
}

Stamp TrackFile::stamp(const OpenFile& file) const {
  struct stat status = {};
  if (!file.status(status))
    return {};
  Stamp stamp;
  stamp.device = status.st_dev;
  stamp.inode = status.st_ino;
  stamp.settled = kind_ == Kind::library || (status.st_mode & 0222) == 0;
  if (stamp.settled) {
    stamp.size = status.st_size;
    stamp.modified = nanoseconds(status.st_mtim);
    stamp.changed = nanoseconds(status.st_ctim);
  }
  return stamp;
}

bool TrackFile::marked(PieceIndex piece) {
  const std::lock_guard lock(mutex_);
  const std::size_t i = piece.value() - first_.value();
  return i < marks_.size() && marks_[i];
}

bool TrackFile::still_marked(PieceIndex piece, const OpenFile& file) {
  const Stamp now = stamp(file);
  const std::lock_guard lock(mutex_);
  const std::size_t i = piece.value() - first_.value();
  return i < marks_.size() && marks_[i] && stamp_ == now;
}

void TrackFile::mark(PieceIndex piece, const Stamp& before, const OpenFile& file) {
  if (stamp(file) != before || before == Stamp{} || (before.settled && !at_rest(before)))
    return;
  const std::lock_guard lock(mutex_);
  // The mark of an unfinished file is worth as much as the lock that it is read under.
  if (!before.settled && kept_.get() != &file)
    return;
  if (stamp_ != before || marks_.empty()) {
    marks_.assign(end_.value() - first_.value(), false);
    stamp_ = before;
  }
  const std::size_t i = piece.value() - first_.value();
  if (i < marks_.size())
    marks_[i] = true;
}

void TrackFile::clear_marks() {
  const std::lock_guard lock(mutex_);
  marks_.clear();
}

} // namespace triad::cache
