// SPDX-License-Identifier: LGPL-2.1-or-later
// Metainfo by the URL that it came from: a small file urls/HASH says which release it was and what
// the server said about its age; the metainfo itself lies with the release.
//
// HASH is the SHA-256 of the URL: neither names nor contents tell a URL's secrets. Each URL keeps
// its own metainfo, for two URLs may name the same release with different servers.
#pragma once

#include "cache/beneath.h"
#include "cache/cache.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace triad::cache {

struct UrlEntry {
  std::string release_id; // hex
  std::string sha256;     // of the metainfo, hex: torn or damaged metainfo is no metainfo
  std::string etag, last_modified;
  bool private_address = false, credentials = false; // see CachedMetainfo
};

inline constexpr std::size_t max_url_entry = 16 * 1024; // bytes

// Lines of a word and a value; unknown words are skipped. Empty if an id or a hash is missing or
// wrong.
[[nodiscard]] std::optional<UrlEntry> parse_url_entry(std::string_view text);
[[nodiscard]] std::string format_url_entry(const UrlEntry& entry);

[[nodiscard]] std::optional<UrlEntry> read_url_entry(const Folder& root, const std::string& name);
[[nodiscard]] std::string url_name(const std::string& url); // HASH
[[nodiscard]] std::string metainfo_path(const std::string& release_id, const std::string& url_name);

[[nodiscard]] std::optional<CachedMetainfo> find_metainfo(const Folder& root,
                                                          const std::string& url);
// False with errno.
[[nodiscard]] bool store_metainfo(const Folder& root, const std::string& url,
                                  const std::string& release_id, const CachedMetainfo& metainfo);

// What the disk doesn't take. Any thread.
class MetainfoMemory {
public:
  [[nodiscard]] std::optional<CachedMetainfo> find(const std::string& url) const;
  void put(const std::string& url, const CachedMetainfo& metainfo);
  void remove(const std::string& url);

private:
  mutable std::mutex mutex_;
  std::map<std::string, CachedMetainfo> kept_;
};

} // namespace triad::cache
