// SPDX-License-Identifier: LGPL-2.1-or-later
// Walks the releases in the folder, by the metainfo that lies with each.
#include "cache/stock.h"

#include "cache/entry.h"
#include "cache/eviction.h"
#include "cache/url_entry.h"
#include "release/metainfo.h"
#include "release/uri.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>

namespace triad::cache {
namespace {

struct Stored {
  ReleasePtr release; // null if no metainfo file can be read, or none is this release's
  std::vector<std::byte> metainfo;
  bool private_address = false;
  bool credentials = false;
};

Stored stored(const Folder& root, const std::string& id) {
  Stored found;
  for (const std::string& name : root.names("releases/" + id)) {
    if (!name.ends_with(".torrent"))
      continue;
    const auto source = read_url_entry(root, name.substr(0, name.rfind('.')));
    found.credentials = found.credentials || (source && source->credentials);
    if (found.release)
      continue;
    auto bytes = root.read_whole("releases/" + id + "/" + name, max_metainfo_size);
    if (!bytes)
      continue;
    auto release = parse_metainfo(*bytes);
    if (release && hex(release.value()->id()) == id) {
      found.release = release.value();
      found.metainfo = std::move(*bytes);
      found.private_address = source && source->private_address;
    }
  }
  return found;
}

ReleasePtr stored_release(const Folder& root, const std::string& id) {
  return stored(root, id).release;
}

std::uint64_t total(const std::vector<ByteRange>& ranges) {
  std::uint64_t bytes = 0;
  for (const ByteRange& range : ranges)
    bytes += range.size();
  return bytes;
}

struct IndexFacts {
  std::map<std::pair<Sha1, std::string>, FileRow> files;
  std::map<Sha1, std::string> uris;
};

// Calls `take` for each release, with those of its tracks that are here or pinned.
void walk(Core& core, const std::function<void(Stored, std::vector<CachedTrack>)>& take) {
  const auto root = core.root();
  if (!root)
    return;
  // Without an index there is still a list: the files are the truth.
  IndexFacts facts;
  auto answer = core.index()->ask<IndexFacts>([](IndexDb& db) {
    IndexFacts found;
    for (FileRow& row : db.files())
      found.files.emplace(std::pair(row.release, row.path), std::move(row));
    found.uris = db.uris();
    return found;
  });
  if (answer)
    facts = std::move(answer.value());
  for (const std::string& id : root->names("releases")) {
    Stored found = parse_id(id) ? stored(*root, id) : Stored();
    const ReleasePtr release = found.release;
    if (!release)
      continue;
    std::vector<CachedTrack> tracks;
    const auto entry = core.entry(release);
    const auto uri = facts.uris.find(release->id());
    for (const FileIndex file : release->tracks()) {
      const std::string path = stored_path(*release, file);
      struct stat status = {};
      const auto row = facts.files.find({release->id(), path});
      const bool pinned = row != facts.files.end() && row->second.pinned;
      const bool exists = root->status(files_folder(id) + path, status);
      if (!exists && !pinned)
        continue;
      CachedTrack track;
      track.release_id = id;
      track.release_name = release->name();
      track.path = release->file(file).path;
      if (uri != facts.uris.end())
        if (const auto base = parse_uri(uri->second))
          track.uri = track_uri(base.value(), track.path, file.value());
      track.length = release->file(file).length;
      track.cached = exists ? total(entry->ranges(file)) : 0;
      track.last_used =
          row != facts.files.end() ? row->second.last_used / 1'000'000'000 : status.st_mtim.tv_sec;
      track.pinned = pinned;
      track.complete = exists && track.cached == track.length;
      track.file = core.folder() / (files_folder(id) + path);
      tracks.push_back(std::move(track));
    }
    take(std::move(found), std::move(tracks));
  }
}

} // namespace

Result<std::vector<CachedTrack>> list_tracks(Core& core) {
  std::vector<CachedTrack> all;
  walk(core, [&](const Stored&, std::vector<CachedTrack> tracks) {
    std::ranges::move(tracks, std::back_inserter(all));
  });
  return all;
}

std::vector<CachedRelease> list_releases(Core& core) {
  std::vector<CachedRelease> releases;
  walk(core, [&](Stored found, const std::vector<CachedTrack>& tracks) {
    CachedRelease release{std::move(found.release), std::move(found.metainfo), 0, false,
                          found.private_address,    found.credentials};
    bool here = false;
    for (const CachedTrack& track : tracks) {
      if (track.cached == 0)
        continue;
      here = true;
      release.last_used = std::max(release.last_used, track.last_used);
      release.pinned = release.pinned || track.pinned;
    }
    if (here)
      releases.push_back(std::move(release));
  });
  return releases;
}

Status pin_track(Core& core, const std::string& release_id, const std::string& path, bool pinned) {
  const auto root = core.root();
  const ReleasePtr release =
      root && parse_id(release_id) ? stored_release(*root, release_id) : nullptr;
  if (!release)
    return Error{ErrorCode::not_found, "There is no release " + release_id + " in the cache", {}};
  const auto file = release->find(path);
  if (!file || !release->file(*file).track)
    return Error{
        ErrorCode::not_found, "The release " + release->name() + " has no track " + path, {}};
  const auto pieces =
      release->pieces_of(release->to_release_space(*file, {0, release->file(*file).length}));
  FileRow row{
      release->id(), stored_path(*release, *file), pieces.begin.value(), pieces.end.value(), 0,
      pinned};
  const auto done = core.index()->ask<bool>([&row](IndexDb& db) {
    db.pin(row);
    return true;
  });
  return done ? ok() : Status(done.error());
}

Result<Cache::VerifyReport> verify_all(Core& core) {
  Cache::VerifyReport report;
  const auto root = core.root();
  if (!root)
    return report;
  for (const std::string& id : root->names("releases")) {
    const ReleasePtr release = parse_id(id) ? stored_release(*root, id) : nullptr;
    if (!release)
      continue;
    const Cache::VerifyReport part = core.entry(release)->verify();
    report.good_pieces += part.good_pieces;
    report.bad_pieces += part.bad_pieces;
  }
  return report;
}

} // namespace triad::cache
