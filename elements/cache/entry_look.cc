// SPDX-License-Identifier: LGPL-2.1-or-later
// What the files and the index say about a release, and how the two are brought together.
//
// Data is written before the index says so. So data without a row is either a piece whose row was
// not committed (after a crash, or with a lost index) or the torn beginning of one: its hash tells,
// in the background, and then it gets its row.
#include "cache/data_map.h"
#include "cache/entry.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace triad::cache {
namespace {

// How often a reader that misses something asks whether another process has stored it.
constexpr auto refresh_time = std::chrono::milliseconds(250);

} // namespace

void Entry::start() {
  if (core_->index())
    core_->index()->run([weak = weak_from_this()](IndexDb* db) {
      if (const auto self = weak.lock())
        self->load(db);
    });
}

void Entry::look(FileIndex file) const {
  std::shared_ptr<Shelf> library;
  {
    const std::lock_guard lock(mutex_);
    if (looked_[file.value()])
      return;
    library = library_;
  }
  const ReleasePtr release = this->release();
  std::map<FileIndex, TrackFile::Look> cached, shared;
  const auto pieces =
      release->pieces_of(release->to_release_space(file, {0, release->file(file).length}));
  struct Said {
    PieceIndex piece;
    bool long_enough = true, stored = true, in_library = true;
  };
  std::vector<Said> said;
  for (PieceIndex piece = pieces.begin; piece < pieces.end; ++piece) {
    Said here{piece};
    here.long_enough = here.stored = shelf_ != nullptr;
    here.in_library = library != nullptr;
    for (const FileSegment& segment : release->segments(release->piece_range(piece))) {
      const FileIndex part = segment.file;
      if (release->file(part).pad)
        continue;
      if (shelf_ && !cached.contains(part))
        cached[part] = shelf_->file(part).look();
      if (library && !shared.contains(part))
        shared[part] = library->file(part).look();
      const TrackFile::Look& own = cached[part];
      here.long_enough = here.long_enough && own.exists && own.size >= segment.range.end;
      here.stored = here.stored && own.exists && covers(own.stored, segment.range);
      here.in_library = here.in_library && shared[part].size == release->file(part).length;
    }
    said.push_back(here);
  }

  bool doubtful = false;
  std::vector<PieceIndex> gained;
  {
    const std::lock_guard lock(mutex_);
    looked_[file.value()] = true;
    const bool again = seen_[file.value()];
    seen_[file.value()] = true;
    finished_[file.value()] = cached[file].finished;
    for (const Said& here : said) {
      std::uint8_t& piece = flags_[here.piece.value()];
      if (here.in_library && library == library_ && (piece & library_refused) == 0)
        piece |= in_library;
      if ((piece & settled) != 0)
        continue;
      if (here.stored && rows_[here.piece.value()]) {
        piece = static_cast<std::uint8_t>((piece | settled) & ~unsettled);
        if (again)
          gained.push_back(here.piece);
      } else if (here.stored && (piece & data_refused) == 0)
        piece |= unsettled;
      // A row without data: of a file that was evicted and begun anew, or of zeros that the
      // filesystem did not store.
      doubtful = doubtful || (piece & unsettled) != 0 ||
                 ((piece & settled) == 0 && here.long_enough && rows_[here.piece.value()]);
    }
    doubtful = doubtful && index_state_ != IndexState::asked;
  }
  tell_gained(gained);
  if (doubtful)
    settle_later(file);
}

void Entry::look_at_pieces(PieceIndex piece) const {
  const ReleasePtr release = this->release();
  for (const FileSegment& segment : release->segments(release->piece_range(piece)))
    if (!release->file(segment.file).pad)
      look(segment.file);
}

void Entry::load(IndexDb* db) {
  const ReleasePtr release = this->release();
  std::vector<std::uint32_t> pieces;
  std::int64_t version = 0;
  IndexState state = IndexState::unavailable;
  std::optional<IndexError> failure;
  std::uint64_t forgotten = 0;
  {
    const std::lock_guard lock(mutex_);
    forgotten = forgotten_;
  }
  if (db) {
    try {
      version = db->version();
      {
        const std::lock_guard lock(mutex_);
        if (index_state_ == IndexState::loaded && index_version_ == version)
          return; // no other process has written since
      }
      pieces = db->pieces(id_);
      state = IndexState::loaded;
    } catch (const IndexError& error) {
      failure = error; // as if the index were lost, for now
    }
  }
  std::set<FileIndex> again; // files that were looked at before these rows were known
  {
    const std::lock_guard lock(mutex_);
    if (forgotten != forgotten_)
      return start(); // these rows may be of a file that is gone
    const bool first = index_state_ != IndexState::loaded;
    index_state_ = state;
    index_version_ = version;
    // A piece that proved to be wrong stays so until it is stored anew: its row may only not have
    // been removed yet.
    for (const std::uint32_t piece : pieces)
      if (piece < rows_.size() && !rows_[piece] && (flags_[piece] & data_refused) == 0) {
        rows_[piece] = true;
        for (const FileSegment& segment :
             release->segments(release->piece_range(PieceIndex(piece))))
          again.insert(segment.file);
      }
    for (std::uint32_t i = 0; first && i < looked_.size(); ++i)
      again.emplace(i);
    std::erase_if(again, [this](FileIndex file) { return !looked_[file.value()]; });
    for (const FileIndex file : again)
      looked_[file.value()] = false;
  }
  for (const FileIndex file : again) {
    look(file);
    finish_if_whole(file);
  }
  if (failure)
    throw IndexError(*failure);
}

void Entry::refresh(FileIndex file) {
  if (!core_->index())
    return;
  {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (now - refreshed_ < refresh_time)
      return;
    refreshed_ = now;
  }
  core_->index()->run([weak = weak_from_this(), file](IndexDb* db) {
    const auto self = weak.lock();
    if (!self)
      return;
    // The other process may have found the index busy and left its data without rows.
    {
      const std::lock_guard lock(self->mutex_);
      self->looked_[file.value()] = false;
    }
    self->look(file);
    self->load(db);
  });
}

void Entry::settle_later(FileIndex file) const {
  if (!core_->index())
    return;
  auto weak = std::const_pointer_cast<Entry>(shared_from_this())->weak_from_this();
  core_->index()->run([weak, file](IndexDb*) {
    if (const auto self = weak.lock())
      self->settle(file);
  });
}

void Entry::settle(FileIndex file) {
  const ReleasePtr release = this->release();
  const FileRow row = this->row(file);
  std::vector<PieceIndex> gained;
  std::vector<std::byte> bytes;
  for (PieceIndex piece(row.first_piece); piece.value() < row.end_piece; ++piece) {
    {
      const std::lock_guard lock(mutex_);
      const std::uint8_t piece_flags = flags_[piece.value()];
      if ((piece_flags & settled) != 0 || ((piece_flags & unsettled) == 0 && !rows_[piece.value()]))
        continue;
    }
    bytes.resize(release->piece_range(piece).size());
    std::vector<Shelf::Place> places;
    const Found found = read_verified(*shelf_, piece, bytes, &places);
    if (found == Found::provisional)
      continue;
    if (found != Found::good) {
      forget(piece, unsettled, found == Found::bad);
      continue;
    }
    {
      const std::lock_guard lock(mutex_);
      std::uint8_t& piece_flags = flags_[piece.value()];
      piece_flags = static_cast<std::uint8_t>((piece_flags | settled) & ~unsettled);
      rows_[piece.value()] = true;
    }
    gained.push_back(piece);
    write_rows(piece, std::move(places));
  }
  tell_gained(gained);
  finish_if_whole(file);
}

void Entry::finish_if_whole(FileIndex file) {
  const FileRow row = this->row(file);
  {
    const std::lock_guard lock(mutex_);
    if (finished_[file.value()])
      return;
    for (std::uint32_t piece = row.first_piece; piece < row.end_piece; ++piece)
      if ((flags_[piece] & settled) == 0)
        return;
    finished_[file.value()] = true;
  }
  shelf_->file(file).finish();
}

} // namespace triad::cache
