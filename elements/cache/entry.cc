// SPDX-License-Identifier: LGPL-2.1-or-later
// What is had: answers for schedule, element and tool.
#include "cache/entry.h"

#include "cache/eviction.h"

#include <algorithm>
#include <set>

namespace triad::cache {
namespace {

// Tracks whose edge pieces span more files than this are held without their neighbours: they bound
// the descriptors of a release of thousands of tiny files.
constexpr std::size_t most_neighbours = 8;

std::int64_t now_in_nanoseconds() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

} // namespace

// Holds a track, and the files that share its first and last piece: without their bytes the piece
// could not be verified.
class Entry::Hold final : public TrackHold {
public:
  Hold(std::shared_ptr<Entry> entry, std::shared_ptr<Shelf> library,
       const std::set<FileIndex>& files)
      : entry_(std::move(entry)), library_(std::move(library)) {
    for (const FileIndex file : files) {
      if (entry_->shelf_)
        files_.push_back(&entry_->shelf_->file(file));
      if (library_)
        files_.push_back(&library_->file(file));
    }
    for (TrackFile* file : files_)
      file->hold();
  }
  ~Hold() override {
    for (TrackFile* file : files_)
      file->release();
  }

private:
  const std::shared_ptr<Entry> entry_;
  const std::shared_ptr<Shelf> library_;
  std::vector<TrackFile*> files_;
};

Entry::Entry(std::shared_ptr<Core> core, ReleasePtr release)
    : core_(std::move(core)),
      id_(release->id()),
      shelf_(core_->memory_only() ? nullptr
                                  : std::make_unique<Shelf>(
                                        release, [core = core_.get()] { return core->root(); },
                                        files_folder(hex(id_)), TrackFile::Kind::cached)),
      release_(release),
      flags_(release->piece_count()),
      rows_(release->piece_count()),
      looked_(release->files().size()),
      seen_(release->files().size()),
      finished_(release->files().size()),
      used_(release->files().size()) {
  for (const PieceIndex piece : core_->memory().pieces(id_))
    if (piece.value() < flags_.size())
      flags_[piece.value()] |= in_memory;
}

void Entry::set_library(const std::filesystem::path& folder) {
  auto shelf = std::make_shared<Shelf>(
      release(), [folder] { return Folder::open(folder); }, "", TrackFile::Kind::library);
  const std::lock_guard lock(mutex_);
  library_ = std::move(shelf);
  looked_.assign(looked_.size(), false);
  for (std::uint8_t& piece : flags_)
    piece &= static_cast<std::uint8_t>(~(in_library | library_refused));
}

void Entry::set_release(ReleasePtr release) {
  bool layers_came = false;
  {
    const std::lock_guard lock(mutex_);
    if (release->piece_count() != release_->piece_count() || release->id() != id_)
      return;
    layers_came = release->layers_complete() && !release_->layers_complete();
    release_ = std::move(release);
  }
  if (!layers_came)
    return;
  // What only v1 hashes vouched for is looked at again.
  if (shelf_)
    shelf_->clear_marks();
  if (const auto shelf = library())
    shelf->clear_marks();
  move_from_memory();
}

bool Entry::has(PieceIndex piece) const {
  if (piece.value() >= flags_.size())
    return false;
  look_at_pieces(piece);
  return (flags(piece) & had) != 0;
}

bool Entry::complete(FileIndex file) {
  const ReleasePtr release = this->release();
  const ReleaseFile& facts = release->file(file);
  if (facts.pad || facts.length == 0)
    return true;
  look(file);
  const auto pieces = release->pieces_of(release->to_release_space(file, {0, facts.length}));
  bool sure = true, in_cache = false;
  {
    const std::lock_guard lock(mutex_);
    for (PieceIndex piece = pieces.begin; piece < pieces.end; ++piece) {
      const std::uint8_t piece_flags = flags_[piece.value()];
      if ((piece_flags & on_disk) == 0)
        return false;
      sure = sure && (piece_flags & (settled | in_library)) != 0;
      in_cache = in_cache || (piece_flags & in_library) == 0;
    }
    if (!sure && !finished_[file.value()])
      return false;
  }
  // It may have been evicted or deleted since it was looked at.
  const auto shelf = library();
  TrackFile& track = in_cache ? shelf_->file(file) : shelf->file(file);
  const auto open = track.open(TrackFile::Access::read);
  struct stat status = {};
  if (open && open->status(status) && static_cast<std::uint64_t>(status.st_size) >= facts.length)
    return true;
  forget_file(file, in_cache ? settled | unsettled : in_library);
  return false;
}

std::unique_ptr<TrackHold> Entry::hold(FileIndex track) {
  const ReleasePtr release = this->release();
  const auto pieces =
      release->pieces_of(release->to_release_space(track, {0, release->file(track).length}));
  std::set<FileIndex> files;
  for (PieceIndex piece = pieces.begin; piece < pieces.end;
       piece = std::max(piece + 1, PieceIndex(pieces.end.value() - 1)))
    for (const FileSegment& segment : release->segments(release->piece_range(piece)))
      if (!release->file(segment.file).pad)
        files.insert(segment.file);
  if (files.size() > most_neighbours)
    files.clear();
  files.insert(track);
  return std::make_unique<Hold>(shared_from_this(), library(), files);
}

void Entry::touch(FileIndex track) {
  if (!core_->index())
    return;
  {
    const std::lock_guard lock(mutex_);
    used_[track.value()] = true;
  }
  core_->index()->write([row = row(track)](IndexDb& db) { db.use(row); });
}

std::vector<ByteRange> Entry::ranges(FileIndex file) const {
  const ReleasePtr release = this->release();
  const std::uint64_t length = release->file(file).length;
  look(file);
  const ByteRange whole = release->to_release_space(file, {0, length});
  const auto pieces = release->pieces_of(whole);
  std::vector<ByteRange> ranges;
  const std::lock_guard lock(mutex_);
  for (PieceIndex piece = pieces.begin; piece < pieces.end; ++piece) {
    if ((flags_[piece.value()] & on_disk) == 0)
      continue;
    const ByteRange part = intersect(release->piece_range(piece), whole);
    const ByteRange range = {part.begin - whole.begin, part.end - whole.begin};
    if (!ranges.empty() && ranges.back().end == range.begin)
      ranges.back().end = range.end;
    else
      ranges.push_back(range);
  }
  return ranges;
}

void Entry::on_lost(std::function<void(PieceIndex)> listener) {
  const std::lock_guard lock(mutex_);
  on_lost_ = std::move(listener);
}

void Entry::on_gained(std::function<void(const std::vector<PieceIndex>&)> listener) {
  const std::lock_guard lock(mutex_);
  on_gained_ = std::move(listener);
}

Cache::VerifyReport Entry::verify() {
  Cache::VerifyReport report;
  if (!shelf_)
    return report;
  std::vector<std::byte> bytes;
  const ReleasePtr release = this->release();
  for (PieceIndex piece(0); piece.value() < release->piece_count(); ++piece) {
    look_at_pieces(piece);
    const std::uint8_t piece_flags = flags(piece);
    if ((piece_flags & (settled | unsettled)) == 0)
      continue;
    bytes.resize(release->piece_range(piece).size());
    const Found found = read_verified(*shelf_, piece, bytes);
    if (found == Found::good || found == Found::provisional) {
      ++report.good_pieces;
      continue;
    }
    // What nobody vouched for was not had in the first place.
    report.bad_pieces += (piece_flags & settled) != 0 ? 1 : 0;
    forget(piece, settled | unsettled, found == Found::bad);
  }
  return report;
}

ReleasePtr Entry::release() const {
  const std::lock_guard lock(mutex_);
  return release_;
}

FileRow Entry::row(FileIndex file) const {
  const ReleasePtr release = this->release();
  const auto pieces =
      release->pieces_of(release->to_release_space(file, {0, release->file(file).length}));
  return {id_,
          stored_path(*release, file),
          pieces.begin.value(),
          pieces.end.value(),
          now_in_nanoseconds(),
          false};
}

std::shared_ptr<Shelf> Entry::library() const {
  const std::lock_guard lock(mutex_);
  return library_;
}

std::uint8_t Entry::flags(PieceIndex piece) const {
  const std::lock_guard lock(mutex_);
  return flags_[piece.value()];
}

} // namespace triad::cache
