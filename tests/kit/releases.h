// SPDX-License-Identifier: LGPL-2.1-or-later
// Makes releases for tests: metainfo of every kind, made by libtorrent (so that our own reading of
// the formats is checked against another's), and the bytes that belong to it.
#pragma once

#include "release/release.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace triad::kit {

using Content = std::vector<std::byte>;
using Contents = std::map<std::string, Content>; // by path below the release's name

enum class Format { v1, v2, hybrid };

struct ReleaseSpec {
  std::string name = "Album"; // of the folder, or of the file if `single_file`
  Contents files;             // for a single-file release one entry, whose key must be `name`
  bool single_file = false;
  Format format = Format::hybrid;
  // v2 and hybrid: a power of two, 16 KiB at least. v1: anything (what libtorrent refuses to make
  // is made by hand).
  std::uint32_t piece_length = 16 * 1024;
  bool pads = false;       // v1: align files with BEP 47 pads; hybrids always have them
  bool tail_pad = false;   // a pad after the last file, too
  bool is_private = false; // BEP 27
  std::vector<std::string> web_seeds;
  std::vector<std::vector<std::string>> trackers; // tiers
  std::map<std::string, std::chrono::milliseconds> durations;
};

// Throws where the spec can't be made.
[[nodiscard]] Content make_metainfo(const ReleaseSpec& spec);
// The same, parsed. Throws if parse_metainfo() refuses it.
[[nodiscard]] ReleasePtr make_release(const ReleaseSpec& spec);

// Noise that is the same for the same seed.
[[nodiscard]] Content random_content(std::uint64_t seed, std::size_t size);
// A small album of noise: three tracks, a cover and an empty file in a folder; sizes around the
// piece length.
[[nodiscard]] Contents small_album(std::uint64_t seed = 1);

// Writes files below `folder`/NAME (or `folder`/NAME itself, for a single file), as a server has
// them.
void write_files(const ReleaseSpec& spec, const std::filesystem::path& folder);
// All regular files below `folder`.
[[nodiscard]] Contents read_folder(const std::filesystem::path& folder);

// The bytes of a range of release space; pads and gaps are zeros.
[[nodiscard]] Content cut(const Release& release, const Contents& files, ByteRange release_range);
[[nodiscard]] Content piece_content(const Release& release, const Contents& files,
                                    PieceIndex piece);

[[nodiscard]] Content to_content(std::string_view text);
[[nodiscard]] std::string to_text(Bytes bytes);

} // namespace triad::kit
