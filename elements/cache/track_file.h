// SPDX-License-Identifier: LGPL-2.1-or-later
// One file of a release on disk: opening it under a lock, and which of its pieces were verified.
//
// While a file is open it has a shared flock, so no process evicts it. It stays open only while
// somebody holds it; else each use opens it anew, which bounds the descriptors. Any thread.
#pragma once

#include "cache/beneath.h"
#include "release/units.h"

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace triad::cache {

// An open file under a shared flock, until the last copy is gone.
class OpenFile {
public:
  OpenFile(Fd fd, bool writable) : fd_(std::move(fd)), writable_(writable) {}
  [[nodiscard]] bool writable() const { return writable_; }
  [[nodiscard]] bool status(struct stat& out) const;
  // How many bytes there were from `offset` on: fewer than asked at the end of the file and on
  // errors.
  [[nodiscard]] std::size_t read(std::uint64_t offset, std::span<std::byte> out) const;
  // All of them, or false with errno.
  bool write(std::uint64_t offset, Bytes bytes) const;
  [[nodiscard]] std::vector<ByteRange> stored(std::uint64_t size) const;
  bool set_mode(mode_t mode) const;

private:
  Fd fd_;
  bool writable_;
};

// Which version of a file it was that was read. Of a file that is still being filled, only which
// file it is.
struct Stamp {
  dev_t device = 0;
  ino_t inode = 0;
  bool settled = false; // a library file or a finished track: the fields below count
  std::int64_t size = 0, modified = 0, changed = 0; // bytes; nanoseconds since 1970
  bool operator==(const Stamp&) const = default;
};

class TrackFile {
public:
  enum class Kind { cached, library };
  enum class Access { read, write };
  // The folder that `path` lies beneath; may change (a cache folder that was deleted and made
  // again), may be null.
  using Root = std::function<std::shared_ptr<const Folder>()>;

  // `first` to `end`: the pieces that hold a byte of it.
  TrackFile(Root root, std::string path, std::uint64_t length, PieceIndex first, PieceIndex end,
            Kind kind);

  // Null with errno. EBUSY: it is being evicted. For writing it is created, at its full length.
  [[nodiscard]] std::shared_ptr<OpenFile> open(Access access);

  struct Look {
    bool exists = false;
    bool finished = false; // was once whole: see finish()
    std::uint64_t size = 0;
    std::vector<ByteRange> stored;
  };
  [[nodiscard]] Look look();

  // Between the first hold and the last release it stays open, and so in use.
  void hold();
  void release();

  // Finished files are read-only: by that a later process knows a whole track at once, also on
  // filesystems that know no holes.
  void finish();
  void unfinish();

  // --- verified marks: valid while the file's stamp stays ---
  [[nodiscard]] Stamp stamp(const OpenFile& file) const;
  [[nodiscard]] bool marked(PieceIndex piece);
  // What was read from `file` before this call came from a verified piece.
  [[nodiscard]] bool still_marked(PieceIndex piece, const OpenFile& file);
  // `before`: the stamp before its bytes were read.
  void mark(PieceIndex piece, const Stamp& before, const OpenFile& file);
  void clear_marks();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t length() const { return length_; }
  [[nodiscard]] PieceIndex first() const { return first_; }
  [[nodiscard]] PieceIndex end() const { return end_; }

private:
  [[nodiscard]] std::shared_ptr<OpenFile> open_locked(Access access);

  const Root root_;
  const std::string path_;
  const std::uint64_t length_;
  const PieceIndex first_, end_;
  const Kind kind_;

  std::mutex mutex_;
  int holds_ = 0;
  std::shared_ptr<OpenFile> kept_; // while held
  Stamp stamp_;                    // of the marks
  std::vector<bool> marks_;        // by piece - first_
};

} // namespace triad::cache
