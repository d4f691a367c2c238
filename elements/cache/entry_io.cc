// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading verified bytes, storing pieces, and forgetting what proved to be wrong.
#include "cache/entry.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace triad::cache {

std::size_t Entry::read(FileIndex file, std::uint64_t offset, std::span<std::byte> out) {
  const ReleasePtr release = this->release();
  const std::uint64_t length = release->file(file).length;
  std::size_t done = 0;
  while (done < out.size() && offset + done < length) {
    const std::uint64_t at = offset + done;
    const ByteRange rest = release->to_release_space(file, {at, length});
    const PieceIndex piece = release->piece_at(rest.begin);
    const std::uint64_t in_piece = std::min(release->piece_range(piece).end, rest.end) - rest.begin;
    const std::uint64_t size = std::min<std::uint64_t>(in_piece, out.size() - done);
    const std::size_t n = read_within(piece, file, {at, at + size},
                                      out.subspan(done, static_cast<std::size_t>(size)));
    if (n == 0)
      break;
    done += n;
  }
  return done;
}

std::size_t Entry::read_within(PieceIndex piece, FileIndex file, ByteRange range,
                               std::span<std::byte> out) {
  look(file);
  std::uint8_t where = flags(piece);
  if ((where & had) == 0) {
    refresh(file);
    return 0;
  }
  if ((where & in_memory) != 0) {
    if (const MemoryStore::Piece bytes = core_->memory().find(key(piece))) {
      const ReleasePtr release = this->release();
      const std::uint64_t in_piece =
          release->to_release_space(file, range).begin - release->piece_range(piece).begin;
      std::memcpy(out.data(), bytes->data() + in_piece, out.size());
      return out.size();
    }
    where = flags(piece); // it went to the disk, or away, this moment
  }
  if ((where & in_library) != 0)
    if (const auto shelf = library())
      if (const std::size_t n = read_from(*shelf, piece, file, range, out))
        return n;
  if ((where & (settled | unsettled)) != 0)
    return read_from(*shelf_, piece, file, range, out);
  return 0;
}

std::size_t Entry::read_from(Shelf& shelf, PieceIndex piece, FileIndex file, ByteRange range,
                             std::span<std::byte> out) {
  TrackFile& track = shelf.file(file);
  // Open from the mark to the check: between two openings an unlocked file could be another's.
  const auto open = track.open(TrackFile::Access::read);
  if (open && track.marked(piece) && open->read(range.begin, out) == out.size() &&
      track.still_marked(piece, *open))
    return out.size();

  const std::uint8_t where = &shelf == shelf_.get() ? settled | unsettled : in_library;
  if (!open) {
    forget_file(file, where);
    return 0;
  }
  const ReleasePtr release = this->release();
  const ByteRange whole = release->piece_range(piece);
  const auto size = static_cast<std::size_t>(whole.size());
  const std::unique_ptr<std::byte[]> bytes(new std::byte[size]);
  const Found found = read_verified(shelf, piece, {bytes.get(), size});
  if (found != Found::good && found != Found::provisional) {
    forget(piece, where, found == Found::bad);
    return 0;
  }
  const std::uint64_t in_piece = release->to_release_space(file, range).begin - whole.begin;
  std::memcpy(out.data(), bytes.get() + in_piece, out.size());
  return out.size();
}

Entry::Found Entry::read_verified(Shelf& shelf, PieceIndex piece, std::span<std::byte> out,
                                  std::vector<Shelf::Place>* places) {
  std::vector<Shelf::Source> sources;
  if (!shelf.read_piece(piece, out, sources))
    return Found::missing;
  const Release::Verdict verdict = release()->verify(piece, out);
  if (verdict != Release::Verdict::good && verdict != Release::Verdict::provisional)
    return Found::bad;
  for (const Shelf::Source& source : sources)
    source.track->mark(piece, source.before, *source.file);
  if (places)
    *places = Shelf::places(sources);
  return verdict == Release::Verdict::good ? Found::good : Found::provisional;
}

void Entry::store(PieceIndex piece, Bytes bytes) {
  const ReleasePtr release = this->release();
  if (piece.value() >= release->piece_count() || bytes.size() != release->piece_range(piece).size())
    return;
  look_at_pieces(piece);
  const std::uint8_t where = flags(piece);
  if ((where & in_library) != 0)
    return;
  if ((where & settled) != 0) {
    // Another process was faster; or it is believed to be there, which only its hash can prove.
    const std::unique_ptr<std::byte[]> copy(new std::byte[bytes.size()]);
    if (read_verified(*shelf_, piece, {copy.get(), bytes.size()}) == Found::good)
      return;
  }
  // Before its v2 hash is known, a piece may be played, but not indexed.
  if (release->layers_complete() && shelf_ && core_->trouble().try_disk() &&
      store_on_disk(piece, bytes))
    return;
  {
    const std::lock_guard lock(mutex_);
    flags_[piece.value()] |= in_memory;
  }
  core_->keep_in_memory(id_, piece, bytes);
}

bool Entry::store_on_disk(PieceIndex piece, Bytes bytes) {
  core_->revive_root();
  std::vector<Shelf::Place> places;
  if (!shelf_->write_piece(piece, bytes, places)) {
    // EBUSY: the file is being evicted this moment, which is no trouble.
    if (errno != EBUSY)
      core_->disk_failed(errno);
    return false;
  }
  {
    const std::lock_guard lock(mutex_);
    std::uint8_t& piece_flags = flags_[piece.value()];
    piece_flags = static_cast<std::uint8_t>((piece_flags | settled) &
                                            ~(unsettled | data_refused | in_memory));
    rows_[piece.value()] = true;
  }
  core_->memory().remove(key(piece));
  write_rows(piece, std::move(places));
  const ReleasePtr release = this->release();
  for (const FileSegment& segment : release->segments(release->piece_range(piece)))
    if (!release->file(segment.file).pad)
      finish_if_whole(segment.file);
  core_->wrote(bytes.size());
  if (core_->trouble().disk_worked())
    core_->empty_memory();
  return true;
}

void Entry::write_rows(PieceIndex piece, std::vector<Shelf::Place> places) {
  const ReleasePtr release = this->release();
  std::vector<FileRow> rows;
  for (const FileSegment& segment : release->segments(release->piece_range(piece))) {
    if (release->file(segment.file).pad)
      continue;
    bool known = true;
    {
      const std::lock_guard lock(mutex_);
      known = used_[segment.file.value()];
      used_[segment.file.value()] = true;
    }
    if (!known)
      rows.push_back(row(segment.file));
  }
  core_->index()->write([root = core_->root(), id = id_, piece, rows = std::move(rows),
                         places = std::move(places)](IndexDb& db) {
    // The files may have been evicted since, by another process, and begun anew.
    if (!root || !Shelf::still_there(*root, places))
      return;
    db.add_piece(id, piece.value());
    for (const FileRow& row : rows)
      db.use(row);
  });
}

void Entry::move_from_memory() {
  if (!core_->index())
    return;
  core_->index()->run([weak = weak_from_this()](IndexDb*) {
    const auto self = weak.lock();
    const ReleasePtr release = self ? self->release() : nullptr;
    if (!release || !release->layers_complete())
      return;
    for (const PieceIndex piece : self->core_->memory().pieces(self->id_)) {
      const MemoryStore::Piece bytes = self->core_->memory().find(self->key(piece));
      if (!bytes)
        continue;
      if (release->verify(piece, *bytes) != Release::Verdict::good)
        self->forget(piece, in_memory, true);
      else if (!self->store_on_disk(piece, *bytes))
        return;
    }
  });
}

void Entry::forget(PieceIndex piece, std::uint8_t where, bool wrong) {
  bool lost = false;
  {
    const std::lock_guard lock(mutex_);
    std::uint8_t& piece_flags = flags_[piece.value()];
    if (where == unsettled && (piece_flags & settled) != 0)
      return; // stored since it was read
    const bool was_had = (piece_flags & had) != 0;
    ++forgotten_;
    piece_flags &= static_cast<std::uint8_t>(~where);
    lost = was_had && (piece_flags & had) == 0;
    if ((where & in_library) != 0)
      piece_flags |= library_refused;
    if ((where & (settled | unsettled)) != 0) {
      rows_[piece.value()] = false;
      if (wrong)
        piece_flags |= data_refused;
    }
  }
  if ((where & in_memory) != 0)
    core_->memory().remove(key(piece));
  if ((where & (settled | unsettled)) != 0) {
    const ReleasePtr release = this->release();
    for (const FileSegment& segment : release->segments(release->piece_range(piece))) {
      if (release->file(segment.file).pad)
        continue;
      {
        const std::lock_guard lock(mutex_);
        finished_[segment.file.value()] = false;
      }
      shelf_->file(segment.file).unfinish();
    }
    core_->index()->write([id = id_, piece](IndexDb& db) { db.remove_piece(id, piece.value()); });
  }
  if (lost)
    tell_lost({piece});
}

void Entry::forget_file(FileIndex file, std::uint8_t where) {
  const FileRow row = this->row(file);
  std::vector<PieceIndex> lost;
  {
    const std::lock_guard lock(mutex_);
    ++forgotten_;
    for (PieceIndex piece(row.first_piece); piece.value() < row.end_piece; ++piece) {
      std::uint8_t& piece_flags = flags_[piece.value()];
      const bool was_had = (piece_flags & had) != 0;
      piece_flags &= static_cast<std::uint8_t>(~where);
      if (was_had && (piece_flags & had) == 0)
        lost.push_back(piece);
      if ((where & (settled | unsettled)) != 0)
        rows_[piece.value()] = false;
    }
    if ((where & (settled | unsettled)) != 0)
      finished_[file.value()] = used_[file.value()] = false;
  }
  tell_lost(lost);
}

void Entry::evicted(const std::string& path) {
  const ReleasePtr release = this->release();
  for (std::uint32_t i = 0; i < release->files().size(); ++i)
    if (!release->files()[i].pad && stored_path(*release, FileIndex(i)) == path)
      forget_file(FileIndex(i), settled | unsettled);
}

void Entry::dropped_from_memory(PieceIndex piece) {
  forget(piece, in_memory, false);
}

void Entry::tell_lost(const std::vector<PieceIndex>& pieces) {
  if (pieces.empty())
    return;
  std::function<void(PieceIndex)> listener;
  {
    const std::lock_guard lock(mutex_);
    listener = on_lost_;
  }
  if (listener)
    for (const PieceIndex piece : pieces)
      listener(piece);
}

void Entry::tell_gained(const std::vector<PieceIndex>& pieces) const {
  if (pieces.empty())
    return;
  std::function<void(const std::vector<PieceIndex>&)> listener;
  {
    const std::lock_guard lock(mutex_);
    listener = on_gained_;
  }
  if (listener)
    listener(pieces);
}

} // namespace triad::cache
