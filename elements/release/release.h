// SPDX-License-Identifier: LGPL-2.1-or-later
// A release: what one metainfo file describes. Immutable once parsed, so it is shared between
// threads freely.
#pragma once

#include "release/hashes.h"
#include "release/result.h"
#include "release/units.h"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace triad {

struct ReleaseFile {
  // Raw, below name(), '/' between elements; equals name() for a single-file release.
  std::string path;
  std::uint64_t offset = 0; // in release space
  std::uint64_t length = 0;
  bool pad = false;   // BEP 47: zeros, never stored nor asked of a server
  bool track = false; // an audio file by its extension, and not empty
  std::optional<std::chrono::nanoseconds> duration; // from the top-level `triad` dictionary
};

// Part of a piece or block that lies in one file.
struct FileSegment {
  FileIndex file;
  ByteRange range;                  // in file space
  std::uint64_t offset_in_span = 0; // where it stands in the bytes that were cut
};

class Release {
public:
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] bool single_file() const;
  [[nodiscard]] const std::vector<ReleaseFile>& files() const; // v1 order, pads included
  [[nodiscard]] const ReleaseFile& file(FileIndex index) const;
  // Audio files in path order: this is the order in which they play.
  [[nodiscard]] const std::vector<FileIndex>& tracks() const;
  [[nodiscard]] std::optional<FileIndex> find(std::string_view path) const; // never a pad
  [[nodiscard]] std::optional<FileIndex> next_track(FileIndex track) const;

  [[nodiscard]] std::optional<Sha1> info_hash_v1() const;
  [[nodiscard]] std::optional<Sha256> info_hash_v2() const;
  // How caches and trackers know it: v1 for v1 and hybrid, truncated v2 else (BEP 52).
  [[nodiscard]] Sha1 id() const;
  [[nodiscard]] const std::vector<std::vector<std::string>>& trackers() const; // tiers, BEP 12
  [[nodiscard]] const std::vector<std::string>& web_seeds() const;             // url-list, BEP 19
  // BEP 27: announced to its own trackers alone.
  [[nodiscard]] bool is_private() const;
  // True once each v2 file's piece layer is known (always for v1).
  [[nodiscard]] bool layers_complete() const;
  // The root of a file's v2 tree (BEP 52); none for v1, pads and empty files.
  [[nodiscard]] std::optional<Sha256> root(FileIndex file) const;
  // The hashes of a file's pieces; empty while not known, and for a file no longer than a piece,
  // which has none: its root covers it.
  [[nodiscard]] std::span<const Sha256> piece_layer(FileIndex file) const;
  // The same release with these layers, one for each file that is longer than a piece. Errors:
  // bad_metainfo (one is missing, or does not lead to its file's root).
  [[nodiscard]] Result<std::shared_ptr<const Release>>
  with_layers(const std::map<FileIndex, std::vector<Sha256>>& layers) const;
  // A v1 or hybrid release judged by its v1 hashes alone, so that its layers are not missed.
  [[nodiscard]] std::shared_ptr<const Release> v1_alone() const;

  // --- geometry ---
  [[nodiscard]] std::uint64_t size() const; // of release space
  [[nodiscard]] std::uint32_t piece_length() const;
  [[nodiscard]] std::uint32_t piece_count() const;
  [[nodiscard]] std::uint32_t blocks_per_piece() const;
  [[nodiscard]] ByteRange
  piece_range(PieceIndex piece) const; // release space; the last may be short
  [[nodiscard]] ByteRange block_range(BlockIndex block) const; // release space
  [[nodiscard]] PieceIndex piece_of(BlockIndex block) const;
  [[nodiscard]] BlockIndex first_block(PieceIndex piece) const;
  // Blocks of `piece` (the last piece may have fewer than blocks_per_piece()).
  [[nodiscard]] std::uint32_t block_count(PieceIndex piece) const;
  [[nodiscard]] PieceIndex piece_at(std::uint64_t release_offset) const;
  // The range is clipped at the file's end.
  [[nodiscard]] ByteRange to_release_space(FileIndex file, ByteRange file_range) const;
  // The pieces that hold a byte of the range; empty range gives begin == end.
  struct PieceSpan {
    PieceIndex begin, end;
  };
  [[nodiscard]] PieceSpan pieces_of(ByteRange release_range) const;
  // Cuts a range of release space at file borders. Bytes beyond a file's end in a v2-only release
  // (its alignment gap) and pads appear in no segment that needs fetching: pads come with pad ==
  // true files, gaps not at all; both are zeros.
  [[nodiscard]] std::vector<FileSegment> segments(ByteRange release_range) const;

  // --- verification ---
  enum class Verdict {
    good,         // every hash that the release has agrees
    provisional,  // v1 agrees; the v2 layer is not known yet: may be played, not indexed nor served
    unknown,      // v2 only, and its layer is not known yet: keep the bytes, ask again with the
                  // whole metainfo
    bad,          // the bytes are wrong
    inconsistent, // v1 and v2 disagree about the same bytes: the release is at fault, no supplier
                  // is
  };
  // `bytes` is the whole piece in release space (piece_range().size() bytes, pads and gaps as
  // zeros).
  [[nodiscard]] Verdict verify(PieceIndex piece, Bytes bytes) const;

  struct Data; // in release_data.h; made by the parser alone
  explicit Release(std::unique_ptr<const Data> data);
  ~Release();

private:
  std::unique_ptr<const Data> data_;
};

using ReleasePtr = std::shared_ptr<const Release>;

} // namespace triad
