// SPDX-License-Identifier: LGPL-2.1-or-later
// What the cache's tests share: a temporary folder, an album, storing and reading it.
#pragma once

#include "cache/cache.h"
#include "kit/releases.h"
#include "kit/temporary_folder.h"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace triad::cache_test {

using kit::TemporaryFolder;

// A release and its bytes.
struct Album {
  kit::ReleaseSpec spec;
  kit::Content metainfo;
  ReleasePtr release;

  [[nodiscard]] const kit::Content& bytes(FileIndex file) const;
  [[nodiscard]] FileIndex track(std::size_t number) const; // in playing order, from 0
};

// Three tracks (about 150 KiB each) and a cover. `seed` makes another album of the same shape.
[[nodiscard]] Album make_album(std::uint64_t seed = 1, kit::Format format = kit::Format::hybrid,
                               bool single_file = false);

// Collects what the cache tells.
struct Told {
  std::mutex mutex;
  std::vector<std::string> warnings;
  std::set<PieceIndex> lost, gained;
  [[nodiscard]] std::size_t warned(const std::string& word);
  [[nodiscard]] bool has_lost(PieceIndex piece);
};

[[nodiscard]] std::shared_ptr<Cache> open_cache(const std::filesystem::path& folder,
                                                Told* told = nullptr,
                                                std::optional<std::uint64_t> max_size = {});

[[nodiscard]] std::vector<PieceIndex> pieces_of(const Release& release, FileIndex file);
void store(CacheEntry& entry, const Album& album, PieceIndex piece);
void store(CacheEntry& entry, const Album& album, FileIndex file);
void store_all(CacheEntry& entry, const Album& album);
// Waits until the cache's thread has done what it was given, and what that led to.
void settle(Cache& cache);

// Where the cache keeps a file.
[[nodiscard]] std::filesystem::path stored_file(const std::filesystem::path& folder,
                                                const Album& album, FileIndex file);

// Reads the whole file in steps of `step` bytes; what is missing is listed in `missing` (offsets of
// pieces' first missing bytes) and skipped to the piece's end. Every byte read is compared.
struct Reading {
  bool right = true;            // every byte that came
  std::uint64_t bytes = 0;      // that came
  std::set<PieceIndex> missing; // pieces that were not had
};
[[nodiscard]] Reading read_file(CacheEntry& entry, const Album& album, FileIndex file,
                                std::size_t step = 10'000);

// Overwrites bytes of a file as a tag editor does, in place; the size stays.
void overwrite(const std::filesystem::path& file, std::uint64_t offset, std::size_t size);

} // namespace triad::cache_test
