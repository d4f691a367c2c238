// SPDX-License-Identifier: LGPL-2.1-or-later
// Pieces from and to the files that they span.
#include "cache/shelf.h"

#include <algorithm>

namespace triad::cache {

std::string stored_path(const Release& release, FileIndex file) {
  return release.single_file() ? release.name() : release.name() + "/" + release.file(file).path;
}

Shelf::Shelf(ReleasePtr release, TrackFile::Root root, std::string prefix, TrackFile::Kind kind)
    : release_(std::move(release)),
      root_(std::move(root)),
      prefix_(std::move(prefix)),
      kind_(kind),
      files_(release_->files().size()) {}

TrackFile& Shelf::file(FileIndex index) {
  const std::lock_guard lock(mutex_);
  auto& file = files_[index.value()];
  if (!file) {
    const std::uint64_t length = release_->file(index).length;
    const auto pieces = release_->pieces_of(release_->to_release_space(index, {0, length}));
    file = std::make_unique<TrackFile>(root_, prefix_ + stored_path(*release_, index), length,
                                       pieces.begin, pieces.end, kind_);
  }
  return *file;
}

bool Shelf::read_piece(PieceIndex piece, std::span<std::byte> out, std::vector<Source>& sources) {
  std::fill(out.begin(), out.end(), std::byte{0});
  for (const FileSegment& segment : release_->segments(release_->piece_range(piece))) {
    if (release_->file(segment.file).pad)
      continue;
    TrackFile& track = file(segment.file);
    auto open = track.open(TrackFile::Access::read);
    if (!open)
      return false;
    const Stamp before = track.stamp(*open);
    const std::size_t size = segment.range.size();
    if (open->read(segment.range.begin, out.subspan(segment.offset_in_span, size)) != size)
      return false;
    sources.push_back({&track, std::move(open), before});
  }
  return true;
}

bool Shelf::write_piece(PieceIndex piece, Bytes bytes, std::vector<Place>& places) {
  for (const FileSegment& segment : release_->segments(release_->piece_range(piece))) {
    if (release_->file(segment.file).pad)
      continue;
    TrackFile& track = file(segment.file);
    const auto open = track.open(TrackFile::Access::write);
    if (!open || !open->write(segment.range.begin,
                              bytes.subspan(segment.offset_in_span, segment.range.size())))
      return false;
    const Stamp stamp = track.stamp(*open);
    places.push_back({track.path(), stamp.device, stamp.inode});
  }
  return true;
}

bool Shelf::still_there(const Folder& root, const std::vector<Place>& places) {
  return std::all_of(places.begin(), places.end(), [&](const Place& place) {
    struct stat status = {};
    return root.status(place.path, status) && status.st_dev == place.device &&
           status.st_ino == place.inode;
  });
}

std::vector<Shelf::Place> Shelf::places(const std::vector<Source>& sources) {
  std::vector<Place> places;
  for (const Source& source : sources)
    places.push_back({source.track->path(), source.before.device, source.before.inode});
  return places;
}

void Shelf::clear_marks() {
  const std::lock_guard lock(mutex_);
  for (const auto& file : files_)
    if (file)
      file->clear_marks();
}

} // namespace triad::cache
