// SPDX-License-Identifier: LGPL-2.1-or-later
// One release in the cache: which of its pieces are had where, and getting them. Any thread.
#pragma once

#include "cache/cache.h"
#include "cache/core.h"
#include "cache/shelf.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace triad::cache {

class Entry final : public CacheEntry, public std::enable_shared_from_this<Entry> {
public:
  Entry(std::shared_ptr<Core> core, ReleasePtr release);
  // Once, after construction: asks the index what there is.
  void start();
  void set_library(const std::filesystem::path& folder);

  void set_release(ReleasePtr release) override;
  [[nodiscard]] bool has(PieceIndex piece) const override;
  [[nodiscard]] bool complete(FileIndex file) override;
  [[nodiscard]] std::size_t read(FileIndex file, std::uint64_t offset,
                                 std::span<std::byte> out) override;
  void store(PieceIndex piece, Bytes bytes) override;
  [[nodiscard]] std::unique_ptr<TrackHold> hold(FileIndex track) override;
  void touch(FileIndex track) override;
  [[nodiscard]] std::vector<ByteRange> ranges(FileIndex file) const override;
  void on_lost(std::function<void(PieceIndex)> listener) override;
  void on_gained(std::function<void(const std::vector<PieceIndex>&)> listener) override;

  // On the index's thread: what the index says, if it has changed.
  void load(IndexDb* db);

  // Reads and verifies all that is on disk here; bad pieces are forgotten.
  [[nodiscard]] Cache::VerifyReport verify();
  // The file at NAME/path is about to be removed.
  void evicted(const std::string& path);
  void dropped_from_memory(PieceIndex piece);
  // In the background: to the disk what may go there, away with what v2 hashes that came late
  // refuse.
  void move_from_memory();

private:
  // Where a piece is. `settled` ones are surely meant to be there: the index or a hash said so;
  // `unsettled` ones have data on disk that nobody vouches for yet (after a crash, or with a lost
  // index). The refused bits keep what proved to be wrong from being believed again.
  enum Flag : std::uint8_t {
    settled = 1 << 0,
    unsettled = 1 << 1,
    in_library = 1 << 2,
    in_memory = 1 << 3,
    data_refused = 1 << 4,
    library_refused = 1 << 5,
    on_disk = settled | unsettled | in_library,
    had = on_disk | in_memory,
  };
  enum class IndexState { asked, loaded, unavailable };
  class Hold;

  [[nodiscard]] ReleasePtr release() const;
  [[nodiscard]] MemoryStore::Key key(PieceIndex piece) const { return {id_, piece}; }
  [[nodiscard]] FileRow row(FileIndex file) const;
  [[nodiscard]] std::shared_ptr<Shelf> library() const;
  [[nodiscard]] std::uint8_t flags(PieceIndex piece) const;

  // --- entry_look.cc: what the files and the index say ---
  // Once per file: which of its pieces have data on disk or in the library.
  void look(FileIndex file) const;
  void look_at_pieces(PieceIndex piece) const;
  void refresh(FileIndex file); // another process may have stored what is missed
  void settle_later(FileIndex file) const;
  void settle(FileIndex file);
  void finish_if_whole(FileIndex file);

  // --- entry_io.cc: reading and storing ---
  [[nodiscard]] std::size_t read_within(PieceIndex piece, FileIndex file, ByteRange range,
                                        std::span<std::byte> out);
  [[nodiscard]] std::size_t read_from(Shelf& shelf, PieceIndex piece, FileIndex file,
                                      ByteRange range, std::span<std::byte> out);
  enum class Found { good, provisional, bad, missing };
  [[nodiscard]] Found read_verified(Shelf& shelf, PieceIndex piece, std::span<std::byte> out,
                                    std::vector<Shelf::Place>* places = nullptr);
  // The piece's row, and those of files that are new to the index.
  void write_rows(PieceIndex piece, std::vector<Shelf::Place> places);
  bool store_on_disk(PieceIndex piece, Bytes bytes);
  // The piece is not there after all. `wrong`: its bytes are (else they can't be had).
  void forget(PieceIndex piece, std::uint8_t where, bool wrong);
  void forget_file(FileIndex file, std::uint8_t where);
  void tell_lost(const std::vector<PieceIndex>& pieces);
  void tell_gained(const std::vector<PieceIndex>& pieces) const;

  const std::shared_ptr<Core> core_;
  const Sha1 id_;
  const std::unique_ptr<Shelf> shelf_; // the cache's own; null in memory-only mode

  mutable std::mutex mutex_;
  ReleasePtr release_;
  std::shared_ptr<Shelf> library_;
  mutable std::vector<std::uint8_t> flags_; // by piece
  std::vector<bool> rows_;                  // by piece: the index has it
  mutable std::vector<bool> looked_;        // by file: what is known holds
  mutable std::vector<bool> seen_;          // by file: was looked at before
  mutable std::vector<bool> finished_;      // by file: see TrackFile::finish()
  std::vector<bool> used_;                  // by file: the index was told
  IndexState index_state_ = IndexState::asked;
  std::int64_t index_version_ = 0;
  std::uint64_t forgotten_ = 0; // times that something was; what was read before is out of date
  std::chrono::steady_clock::time_point refreshed_;
  std::function<void(PieceIndex)> on_lost_;
  std::function<void(const std::vector<PieceIndex>&)> on_gained_;
};

} // namespace triad::cache
