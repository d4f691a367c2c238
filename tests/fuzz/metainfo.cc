// SPDX-License-Identifier: LGPL-2.1-or-later
// Any bytes as a metainfo file, whole and arriving: what is accepted keeps every promise of
// release.h.
#include "release/metainfo.h"

#include "fuzz/bencode_mutator.h"
#include "fuzz/require.h"
#include "release/web_seed.h"

#include <algorithm>
#include <cstdint>

using namespace triad;

namespace {

void require_safe_path(std::string_view path) {
  FUZZ_REQUIRE(!path.empty() && path.front() != '/' && path.back() != '/');
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view element = path.substr(0, end);
    FUZZ_REQUIRE(!element.empty() && element != "." && element != ".." && element.size() <= 255);
    for (const char c : element)
      FUZZ_REQUIRE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '\\');
    path.remove_prefix(std::min(end + 1, path.size()));
  }
}

void require_files(const Release& release) {
  require_safe_path(release.name());
  FUZZ_REQUIRE(release.name().find('/') == std::string::npos);
  FUZZ_REQUIRE(!release.files().empty() && release.files().size() <= max_files);
  std::uint64_t end = 0;
  std::size_t pads = 0;
  for (std::uint32_t at = 0; at < release.files().size(); ++at) {
    const ReleaseFile& file = release.file(FileIndex(at));
    require_safe_path(file.path);
    FUZZ_REQUIRE(file.offset >= end);
    end = file.offset + file.length;
    FUZZ_REQUIRE(end <= release.size());
    pads += file.pad ? 1u : 0u;
    if (!file.pad)
      FUZZ_REQUIRE(release.find(file.path) == FileIndex(at));
    if (!file.pad)
      FUZZ_REQUIRE(web_seed_url("http://h/", release, FileIndex(at)).starts_with("http://h/"));
  }
  FUZZ_REQUIRE(end == release.size());
  FUZZ_REQUIRE(release.tracks().size() <= release.files().size() - pads);
  for (const std::string& url : release.web_seeds())
    FUZZ_REQUIRE(url.size() > 7 && (url[0] == 'h' || url[0] == 'H'));
}

void require_piece(const Release& release, PieceIndex piece) {
  const ByteRange range = release.piece_range(piece);
  FUZZ_REQUIRE(!range.empty() && range.size() <= release.piece_length());
  std::uint64_t covered = 0;
  for (const FileSegment& segment : release.segments(range)) {
    FUZZ_REQUIRE(!segment.range.empty());
    FUZZ_REQUIRE(segment.range.end <= release.file(segment.file).length);
    FUZZ_REQUIRE(segment.offset_in_span >= covered);
    FUZZ_REQUIRE(segment.offset_in_span == covered || !release.info_hash_v1()); // a v2 gap
    covered = segment.offset_in_span + segment.range.size();
  }
  FUZZ_REQUIRE(covered <= range.size());
  FUZZ_REQUIRE(covered == range.size() || !release.info_hash_v1());
  const BlockIndex last = release.first_block(piece) + (release.block_count(piece) - 1);
  FUZZ_REQUIRE(release.block_range(last).end == range.end);
  FUZZ_REQUIRE(release.piece_of(last) == piece);

  if (range.size() > 64 * 1024)
    return;
  // The seeds' files are zeros, so some pieces do verify.
  std::vector<std::byte> bytes(static_cast<std::size_t>(range.size()));
  const bool good = release.verify(piece, bytes) == Release::Verdict::good;
  bytes[bytes.size() / 2] ^= std::byte{1};
  FUZZ_REQUIRE(!good || release.verify(piece, bytes) == Release::Verdict::bad);
}

void require_geometry(const Release& release) {
  const std::uint32_t count = release.piece_count();
  FUZZ_REQUIRE(count > 0 && count <= max_pieces);
  const std::uint64_t length = release.piece_length();
  FUZZ_REQUIRE(std::uint64_t{count} * length >= release.size());
  FUZZ_REQUIRE(std::uint64_t{count - 1} * length < release.size());
  for (const std::uint32_t piece : {0u, 1u, 2u, count / 2, count - 1})
    if (piece < count)
      require_piece(release, PieceIndex(piece));
}

void require_same(const Release& early, const Release& whole) {
  FUZZ_REQUIRE(early.id() == whole.id() && early.info_hash_v2() == whole.info_hash_v2());
  FUZZ_REQUIRE(early.name() == whole.name() && early.single_file() == whole.single_file());
  FUZZ_REQUIRE(early.size() == whole.size());
  FUZZ_REQUIRE(early.piece_count() == whole.piece_count());
  FUZZ_REQUIRE(early.piece_length() == whole.piece_length());
  FUZZ_REQUIRE(early.tracks() == whole.tracks());
  FUZZ_REQUIRE(early.files().size() == whole.files().size());
  for (std::size_t at = 0; at < early.files().size(); ++at) {
    const ReleaseFile& a = early.files()[at];
    const ReleaseFile& b = whole.files()[at];
    FUZZ_REQUIRE(a.path == b.path && a.offset == b.offset && a.length == b.length &&
                 a.pad == b.pad);
  }
}

} // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return fuzz::mutate_bencoded(data, size, max_size, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  const auto whole = parse_metainfo(bytes);
  if (!whole) {
    FUZZ_REQUIRE(whole.error().code == ErrorCode::bad_metainfo);
    FUZZ_REQUIRE(whole.error().message.size() < 1024);
  } else {
    require_files(**whole);
    require_geometry(**whole);
    FUZZ_REQUIRE((*whole)->layers_complete());
  }
  // While it arrives: never refused if the whole is good, never another release.
  bool seen = false;
  const std::size_t step = std::max<std::size_t>(1, size / 16);
  for (std::size_t cut = 0; cut <= size;
       cut = cut == size ? size + 1 : std::min(size, cut + step)) {
    const auto early = parse_metainfo_prefix(bytes.first(cut));
    if (!early) {
      FUZZ_REQUIRE(!whole);
      break;
    }
    FUZZ_REQUIRE(!seen || early->has_value());
    seen = early->has_value();
    if (seen && whole)
      require_same(***early, **whole);
    else if (seen)
      require_geometry(***early);
  }
  FUZZ_REQUIRE(seen || !whole);
  return 0;
}
