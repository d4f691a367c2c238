// SPDX-License-Identifier: LGPL-2.1-or-later
// The files of one release in one folder: the cache's own, or a library that is served in place.
//
// Reads and writes whole pieces, which may span files; pads and gaps are zeros and not stored. Any
// thread.
#pragma once

#include "cache/track_file.h"
#include "release/release.h"

#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace triad::cache {

// Where a file lies below the folder that holds a release: NAME, or NAME/path.
[[nodiscard]] std::string stored_path(const Release& release, FileIndex file);

class Shelf {
public:
  // `prefix`: what stands before NAME in paths below the root; empty, or ends in '/'.
  Shelf(ReleasePtr release, TrackFile::Root root, std::string prefix, TrackFile::Kind kind);

  [[nodiscard]] TrackFile& file(FileIndex index);

  // A file that a piece was read from, as it was before.
  struct Source {
    TrackFile* track;
    std::shared_ptr<OpenFile> file;
    Stamp before;
  };
  // False where bytes are missing. `out` has the piece's size.
  [[nodiscard]] bool read_piece(PieceIndex piece, std::span<std::byte> out,
                                std::vector<Source>& sources);
  // Which file of which name holds a part of a piece.
  struct Place {
    std::string path;
    dev_t device = 0;
    ino_t inode = 0;
  };
  // Whether those files still have those names: a piece's row in the index is only worth writing
  // then.
  [[nodiscard]] static bool still_there(const Folder& root, const std::vector<Place>& places);
  [[nodiscard]] static std::vector<Place> places(const std::vector<Source>& sources);

  // False with errno.
  [[nodiscard]] bool write_piece(PieceIndex piece, Bytes bytes, std::vector<Place>& places);
  void clear_marks(); // of all files

private:
  const ReleasePtr release_; // for its geometry
  const TrackFile::Root root_;
  const std::string prefix_;
  const TrackFile::Kind kind_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<TrackFile>> files_; // by file index; made when first asked for
};

} // namespace triad::cache
