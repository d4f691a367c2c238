// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cache/fixture.h"

#include "release/metainfo.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace triad::cache_test {

const kit::Content& Album::bytes(FileIndex file) const {
  return spec.files.at(release->file(file).path);
}

FileIndex Album::track(std::size_t number) const {
  return release->tracks().at(number);
}

Album make_album(std::uint64_t seed, kit::Format format, bool single_file) {
  Album album;
  album.spec.format = format;
  if (single_file) {
    album.spec.single_file = true;
    album.spec.name = "song.ogg";
    album.spec.files["song.ogg"] = kit::random_content(seed, 150'001);
  } else {
    album.spec.name = "Album " + std::to_string(seed);
    album.spec.files["01 Dawn.ogg"] = kit::random_content(seed * 16, 150'000);
    album.spec.files["02 Noon.ogg"] = kit::random_content(seed * 16 + 1, 163'840);
    album.spec.files["03 Dusk.ogg"] = kit::random_content(seed * 16 + 2, 140'001);
    album.spec.files["cover.jpg"] = kit::random_content(seed * 16 + 3, 20'000);
  }
  album.metainfo = kit::make_metainfo(album.spec);
  album.release = kit::make_release(album.spec);
  return album;
}

std::size_t Told::warned(const std::string& word) {
  const std::lock_guard lock(mutex);
  return static_cast<std::size_t>(
      std::count_if(warnings.begin(), warnings.end(), [&](const std::string& warning) {
        return warning.find(word) != std::string::npos;
      }));
}

bool Told::has_lost(PieceIndex piece) {
  const std::lock_guard lock(mutex);
  return lost.contains(piece);
}

std::shared_ptr<Cache> open_cache(const std::filesystem::path& folder, Told* told,
                                  std::optional<std::uint64_t> max_size) {
  CacheOptions options;
  options.folder = folder;
  options.max_size = max_size;
  if (told)
    options.warn = [told](const std::string& warning) {
      const std::lock_guard lock(told->mutex);
      told->warnings.push_back(warning);
    };
  return Cache::open(options);
}

std::vector<PieceIndex> pieces_of(const Release& release, FileIndex file) {
  const auto span =
      release.pieces_of(release.to_release_space(file, {0, release.file(file).length}));
  std::vector<PieceIndex> pieces;
  for (PieceIndex piece = span.begin; piece < span.end; ++piece)
    pieces.push_back(piece);
  return pieces;
}

void store(CacheEntry& entry, const Album& album, PieceIndex piece) {
  entry.store(piece, kit::piece_content(*album.release, album.spec.files, piece));
}

void store(CacheEntry& entry, const Album& album, FileIndex file) {
  for (const PieceIndex piece : pieces_of(*album.release, file))
    store(entry, album, piece);
}

void store_all(CacheEntry& entry, const Album& album) {
  for (PieceIndex piece; piece.value() < album.release->piece_count(); ++piece)
    store(entry, album, piece);
}

void settle(Cache& cache) {
  // A task may post another, which may write: each question waits for all before it.
  for (int round = 0; round < 4; ++round)
    static_cast<void>(cache.trim(~std::uint64_t{0}));
}

std::filesystem::path stored_file(const std::filesystem::path& folder, const Album& album,
                                  FileIndex file) {
  const auto files =
      folder / "releases" / hex(album.release->id()) / "files" / album.release->name();
  return album.release->single_file() ? files : files / album.release->file(file).path;
}

Reading read_file(CacheEntry& entry, const Album& album, FileIndex file, std::size_t step) {
  Reading reading;
  const Release& release = *album.release;
  const kit::Content& want = album.bytes(file);
  std::vector<std::byte> out(step);
  std::uint64_t at = 0;
  while (at < want.size()) {
    const std::size_t n = entry.read(file, at, out);
    if (n == 0) {
      const ByteRange rest = release.to_release_space(file, {at, want.size()});
      const PieceIndex piece = release.piece_at(rest.begin);
      reading.missing.insert(piece);
      at += std::min(release.piece_range(piece).end, rest.end) - rest.begin;
      continue;
    }
    if (n > step || at + n > want.size() ||
        !std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(n),
                    want.begin() + static_cast<std::ptrdiff_t>(at)))
      reading.right = false;
    reading.bytes += n;
    at += n;
  }
  return reading;
}

void overwrite(const std::filesystem::path& file, std::uint64_t offset, std::size_t size) {
  std::filesystem::permissions(file, std::filesystem::perms::owner_write,
                               std::filesystem::perm_options::add);
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(offset));
  const std::string tag(size, 'T');
  stream.write(tag.data(), static_cast<std::streamsize>(tag.size()));
  if (!stream)
    throw std::runtime_error("can't write " + file.string());
}

} // namespace triad::cache_test
