// SPDX-License-Identifier: LGPL-2.1-or-later
// What the cache folder holds, and which of it goes first.
//
// The folder: releases/ID/HASH.torrent (metainfo, by the hash of its URL),
// releases/ID/files/NAME... (tracks at their own names), urls/HASH (what is known of a metainfo's
// URL), tmp/, index.sqlite.
#pragma once

#include "cache/beneath.h"
#include "cache/index_db.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace triad::cache {

// "releases/ID/files/", which paths of a release's files start with.
[[nodiscard]] std::string files_folder(const std::string& release_id);

// Bytes on disk that the files of all releases take.
[[nodiscard]] std::uint64_t cached_size(const Folder& root);

struct Evicted {
  std::uint64_t freed = 0, left = 0; // bytes on disk
};
// Removes the least recently used files until no more than `limit` bytes are left. Pinned files and
// files that are in use anywhere stay. Throws IndexError.
// `leaving` is told of each (release, NAME/path) while nobody can open it any more and nobody can
// have made it anew.
using Leaving = std::function<void(const Sha1& release, const std::string& path)>;
Evicted evict(const Folder& root, IndexDb& db, std::uint64_t limit, const Leaving& leaving);

// Metainfo of releases without tracks has its own bound: the oldest goes. Also removes what killed
// processes left in tmp/.
void trim_metainfo(const Folder& root);

// Empty if it is no release id.
[[nodiscard]] std::optional<Sha1> parse_id(const std::string& hex_id);

} // namespace triad::cache
