// SPDX-License-Identifier: LGPL-2.1-or-later
// Least recently used first, by track, across releases.
#include "cache/eviction.h"

#include "cache/url_entry.h"

#include <algorithm>
#include <ctime>
#include <fcntl.h>
#include <map>
#include <set>
#include <sys/file.h>

namespace triad::cache {
namespace {

constexpr std::size_t most_urls = 2'000;
constexpr std::uint64_t most_metainfo = 32 * 1024 * 1024; // bytes
constexpr std::time_t stale_after = 3600;                 // seconds

struct Candidate {
  FileRow row;
  std::string id;          // of the release, hex
  std::uint64_t bytes = 0; // on disk
};

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

std::vector<Candidate> candidates(const Folder& root, IndexDb& db) {
  std::map<std::pair<Sha1, std::string>, FileRow> rows;
  for (FileRow& row : db.files())
    rows.emplace(std::pair(row.release, row.path), std::move(row));
  std::vector<Candidate> found;
  for (const std::string& id : root.names("releases")) {
    const std::optional<Sha1> release = parse_id(id);
    if (!release)
      continue;
    root.walk("releases/" + id + "/files", [&](const std::string& path, const struct stat& status) {
      Candidate candidate;
      candidate.id = id;
      candidate.bytes = static_cast<std::uint64_t>(status.st_blocks) * 512;
      if (const auto row = rows.find({*release, path}); row != rows.end()) {
        candidate.row = row->second;
      } else {
        candidate.row.release = *release;
        candidate.row.path = path;
        candidate.row.last_used = nanoseconds(status.st_mtim);
      }
      found.push_back(std::move(candidate));
    });
  }
  std::sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    return a.row.last_used < b.row.last_used;
  });
  return found;
}

// Returns false where the disk does not take it, as a full one. Throws if that will pass, if the
// index is broken, or if nobody may write it.
template <typename Work>
bool in_transaction(IndexDb& db, Work work) {
  db.begin();
  try {
    work();
    db.commit();
    return true;
  } catch (const IndexError& error) {
    db.rollback();
    if (error.kind() != IndexError::Kind::other)
      throw;
    return false;
  }
}

// False where somebody has it in use. `kept_rows` gets what the index would not forget.
bool remove_file(const Folder& root, IndexDb& db, const Candidate& candidate,
                 const Leaving& leaving, std::vector<FileRow>& kept_rows) {
  const std::string path = files_folder(candidate.id) + candidate.row.path;
  const Fd fd = root.open_file(path, O_RDONLY);
  struct stat opened = {}, named = {};
  if (!fd || flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || fstat(fd.get(), &opened) != 0 ||
      !root.status(path, named) || opened.st_ino != named.st_ino || opened.st_dev != named.st_dev)
    return false;
  // The rows go first: a process killed in between leaves data without rows, not the reverse. On a
  // full disk the file must make room for that: rows without data are not believed either.
  if (kept_rows.empty())
    in_transaction(db, [&] { db.remove_file(candidate.row); });
  leaving(candidate.row.release, candidate.row.path);
  // Another process may add rows of what it had just written, if it finds the file; not after this.
  bool removed = false;
  const bool forgotten = in_transaction(db, [&] {
    removed = root.remove(path);
    db.remove_file(candidate.row);
  });
  if (!forgotten)
    kept_rows.push_back(candidate.row);
  if (!removed)
    return false;
  root.remove_empty_parents(path, 2); // releases/ID stays
  return true;
}

// A release without files is forgotten with its metainfo.
void remove_release(const Folder& root, const std::string& id) {
  for (const std::string& name : root.names("releases/" + id))
    root.remove("releases/" + id + "/" + name);
  root.remove_empty_parents("releases/" + id + "/-", 1);
}

bool has_files(const Folder& root, const std::string& id) {
  return static_cast<bool>(root.open_folder("releases/" + id + "/files"));
}

} // namespace

std::string files_folder(const std::string& release_id) {
  return "releases/" + release_id + "/files/";
}

std::optional<Sha1> parse_id(const std::string& hex_id) {
  Sha1 id = {};
  if (hex_id.size() != 2 * id.size())
    return {};
  for (std::size_t i = 0; i < hex_id.size(); ++i) {
    const char c = hex_id[i];
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f'))
      return {};
    const int value = digit ? c - '0' : c - 'a' + 10;
    id[i / 2] = (id[i / 2] << 4) | static_cast<std::byte>(value);
  }
  return id;
}

std::uint64_t cached_size(const Folder& root) {
  std::uint64_t bytes = 0;
  for (const std::string& id : root.names("releases"))
    root.walk("releases/" + id + "/files", [&](const std::string&, const struct stat& status) {
      bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
    });
  return bytes;
}

Evicted evict(const Folder& root, IndexDb& db, std::uint64_t limit, const Leaving& leaving) {
  const std::vector<Candidate> found = candidates(root, db);
  std::vector<FileRow> kept_rows;
  Evicted evicted;
  for (const Candidate& candidate : found)
    evicted.left += candidate.bytes;
  for (const Candidate& candidate : found) {
    if (evicted.left <= limit)
      break;
    if (candidate.row.pinned || !remove_file(root, db, candidate, leaving, kept_rows))
      continue;
    evicted.left -= candidate.bytes;
    evicted.freed += candidate.bytes;
    if (!has_files(root, candidate.id)) {
      remove_release(root, candidate.id);
      in_transaction(db, [&] { db.remove_release(candidate.row.release); });
    }
  }
  if (!kept_rows.empty()) // now there should be room
    in_transaction(db, [&] {
      for (const FileRow& row : kept_rows)
        db.remove_file(row);
    });
  return evicted;
}

void trim_metainfo(const Folder& root) {
  const std::time_t now = std::time(nullptr);
  root.walk("tmp", [&](const std::string& path, const struct stat& status) {
    if (now - status.st_mtim.tv_sec > stale_after)
      root.remove("tmp/" + path);
  });

  struct Url {
    std::string name, id;
    std::int64_t used;
    std::uint64_t size;
  };
  std::vector<Url> urls;
  std::uint64_t total = 0;
  for (const std::string& name : root.names("urls")) {
    const auto entry = read_url_entry(root, name);
    struct stat status = {}, metainfo = {};
    if (!entry || !root.status("urls/" + name, status) ||
        !root.status(metainfo_path(entry->release_id, name), metainfo)) {
      root.remove("urls/" + name); // of a release that was evicted
      continue;
    }
    total += static_cast<std::uint64_t>(metainfo.st_size);
    urls.push_back({name, entry->release_id, nanoseconds(status.st_mtim),
                    static_cast<std::uint64_t>(metainfo.st_size)});
  }
  std::sort(urls.begin(), urls.end(), [](const Url& a, const Url& b) { return a.used < b.used; });
  std::set<std::string> named;
  for (const Url& url : urls)
    named.insert(url.id);
  for (const std::string& id : root.names("releases")) {
    struct stat status = {};
    if (!named.contains(id) && !has_files(root, id) && root.status("releases/" + id, status) &&
        now - status.st_mtim.tv_sec > stale_after)
      remove_release(root, id);
  }
  std::size_t left = urls.size();
  for (const Url& url : urls) {
    if (left <= most_urls && total <= most_metainfo)
      return;
    if (has_files(root, url.id))
      continue;
    const std::string metainfo = metainfo_path(url.id, url.name);
    root.remove("urls/" + url.name);
    root.remove(metainfo);
    root.remove_empty_parents(metainfo, 1);
    total -= url.size;
    --left;
  }
}

} // namespace triad::cache
