// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading and writing urls/ and the metainfo that it names.
#include "cache/url_entry.h"

#include "release/metainfo.h"

#include <algorithm>
#include <fcntl.h>

namespace triad::cache {
namespace {

constexpr std::size_t most_in_memory = 16; // metainfos
constexpr std::time_t day = 24 * 3600;

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// A header's value, which can't hold a line's end; nothing of it if it does, or if it is absurd.
std::string line_value(const std::string& value) {
  const bool plain = value.size() <= 4096 && std::none_of(value.begin(), value.end(), [](char c) {
                       return static_cast<unsigned char>(c) < ' ';
                     });
  return plain ? value : std::string();
}

Bytes as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

} // namespace

std::optional<UrlEntry> parse_url_entry(std::string_view text) {
  UrlEntry entry;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos)
      continue;
    const std::string_view word = line.substr(0, space), value = line.substr(space + 1);
    if (word == "release")
      entry.release_id = value;
    else if (word == "sha256")
      entry.sha256 = value;
    else if (word == "etag")
      entry.etag = line_value(std::string(value));
    else if (word == "last-modified")
      entry.last_modified = line_value(std::string(value));
    else if (word == "private")
      entry.private_address = value == "1";
    else if (word == "credentials")
      entry.credentials = value == "1";
  }
  if (!is_hex(entry.release_id, 40) || !is_hex(entry.sha256, 64))
    return {};
  return entry;
}

std::string format_url_entry(const UrlEntry& entry) {
  return "release " + entry.release_id + "\nsha256 " + entry.sha256 + "\netag " +
         line_value(entry.etag) + "\nlast-modified " + line_value(entry.last_modified) +
         "\nprivate " + (entry.private_address ? "1" : "0") + "\ncredentials " +
         (entry.credentials ? "1" : "0") + "\n";
}

std::optional<UrlEntry> read_url_entry(const Folder& root, const std::string& name) {
  const auto bytes = root.read_whole("urls/" + name, max_url_entry);
  if (!bytes)
    return {};
  return parse_url_entry({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
}

std::string url_name(const std::string& url) {
  return hex(sha256(as_bytes(url)));
}

std::string metainfo_path(const std::string& release_id, const std::string& url_name) {
  return "releases/" + release_id + "/" + url_name + ".torrent";
}

std::optional<CachedMetainfo> find_metainfo(const Folder& root, const std::string& url) {
  const std::string name = url_name(url);
  const auto entry = read_url_entry(root, name);
  if (!entry)
    return {};
  auto bytes = root.read_whole(metainfo_path(entry->release_id, name), max_metainfo_size);
  if (!bytes || hex(sha256(*bytes)) != entry->sha256)
    return {};
  // Its time says when it was used last, to a day.
  const Fd fd = root.open_file("urls/" + name, O_RDONLY);
  struct stat status = {};
  if (fd && fstat(fd.get(), &status) == 0 && std::time(nullptr) - status.st_mtim.tv_sec > day)
    futimens(fd.get(), nullptr);
  return CachedMetainfo{std::move(*bytes), entry->etag, entry->last_modified,
                        entry->private_address, entry->credentials};
}

bool store_metainfo(const Folder& root, const std::string& url, const std::string& release_id,
                    const CachedMetainfo& metainfo) {
  const std::string name = url_name(url);
  const std::string entry =
      format_url_entry({release_id, hex(sha256(metainfo.bytes)), metainfo.etag,
                        metainfo.last_modified, metainfo.private_address, metainfo.credentials});
  return root.write_whole(metainfo_path(release_id, name), metainfo.bytes) &&
         root.write_whole("urls/" + name, as_bytes(entry));
}

std::optional<CachedMetainfo> MetainfoMemory::find(const std::string& url) const {
  const std::lock_guard lock(mutex_);
  const auto at = kept_.find(url);
  return at == kept_.end() ? std::nullopt : std::optional(at->second);
}

void MetainfoMemory::put(const std::string& url, const CachedMetainfo& metainfo) {
  const std::lock_guard lock(mutex_);
  if (kept_.size() >= most_in_memory && !kept_.contains(url))
    kept_.erase(kept_.begin());
  kept_[url] = metainfo;
}

void MetainfoMemory::remove(const std::string& url) {
  const std::lock_guard lock(mutex_);
  kept_.erase(url);
}

} // namespace triad::cache
