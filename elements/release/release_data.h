// SPDX-License-Identifier: LGPL-2.1-or-later
// What a Release holds; for the parser and the verifier within release/ alone.
#pragma once

#include "release/release.h"

namespace triad {

struct Release::Data {
  // The v2 hashes of one file (BEP 52).
  struct Tree {
    Sha256 root{};
    std::vector<Sha256> layer; // one hash per piece; empty while not known, or if the file is
                               // no longer than a piece: then `root` covers it
  };

  std::string name;
  bool single_file = false;
  std::vector<ReleaseFile> files;
  std::vector<FileIndex> by_path; // all but pads, folder by folder
  std::vector<FileIndex> tracks;

  std::optional<Sha1> info_hash_v1;
  std::optional<Sha256> info_hash_v2;
  std::vector<Sha1> pieces; // v1 and hybrid: one hash per piece
  std::vector<Tree> trees;  // v2 and hybrid: one per file (pads and empty files have none to check)
  bool layers_complete = true;

  std::uint64_t size = 0;
  std::uint32_t piece_length = 0;
  std::uint32_t piece_count = 0;

  std::vector<std::vector<std::string>> trackers;
  std::vector<std::string> web_seeds;
  bool is_private = false;

  [[nodiscard]] std::optional<FileIndex> find(std::string_view path) const;
};

// Keeps the piece layer of the file `at`, which is longer than a piece, if it leads to the file's
// root; else gives why not.
[[nodiscard]] std::string keep_layer(Release::Data& data, std::size_t at,
                                     std::vector<Sha256> layer);

// Orders paths folder by folder: a folder's content stands together, right after a file of the
// folder's own name (which is how such conflicts are found). Paths hold no control characters.
[[nodiscard]] bool path_less(std::string_view a, std::string_view b);

} // namespace triad
