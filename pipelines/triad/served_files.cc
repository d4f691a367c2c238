// SPDX-License-Identifier: LGPL-2.1-or-later
#include "served_files.h"

#include "release/names.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace triad::tool {
namespace {

struct Type {
  std::string_view extension;
  const char* type;
};
constexpr std::array types = {Type{"aac", "audio/aac"},
                              Type{"aif", "audio/aiff"},
                              Type{"aiff", "audio/aiff"},
                              Type{"flac", "audio/flac"},
                              Type{"gif", "image/gif"},
                              Type{"jpeg", "image/jpeg"},
                              Type{"jpg", "image/jpeg"},
                              Type{"m4a", "audio/mp4"},
                              Type{"m4b", "audio/mp4"},
                              Type{"mka", "audio/x-matroska"},
                              Type{"mp3", "audio/mpeg"},
                              Type{"oga", "audio/ogg"},
                              Type{"ogg", "audio/ogg"},
                              Type{"opus", "audio/ogg"},
                              Type{"pdf", "application/pdf"},
                              Type{"png", "image/png"},
                              Type{"torrent", "application/x-bittorrent"},
                              Type{"txt", "text/plain"},
                              Type{"wav", "audio/wav"},
                              Type{"webp", "image/webp"},
                              Type{"wma", "audio/x-ms-wma"},
                              Type{"wv", "audio/x-wavpack"}};

// Changes whenever the file may have changed.
std::string etag_of(const struct stat& info) {
  std::array<char, 80> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "\"%llx-%llx-%llx\"", static_cast<unsigned long long>(info.st_ino),
      static_cast<unsigned long long>(info.st_size),
      static_cast<unsigned long long>(info.st_mtim.tv_sec) * 1'000'000'000ULL +
          static_cast<unsigned long long>(info.st_mtim.tv_nsec));
  return {text.data(), static_cast<std::size_t>(size)};
}

} // namespace

const char* content_type(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const auto dot = name.rfind('.');
  std::string extension(dot == std::string_view::npos ? "" : name.substr(dot + 1));
  for (char& c : extension) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  const auto known = std::find_if(types.begin(), types.end(),
                                  [&](const Type& type) { return type.extension == extension; });
  return known == types.end() ? "application/octet-stream" : known->type;
}

Status ServedFiles::add(const Publication& publication) {
  const Listing& listing = publication.listing;
  const auto folder = std::make_shared<const FileHandle>(open_folder(listing.root));
  if (!*folder) {
    return Error{ErrorCode::io,
                 triad::quoted(listing.root.string()) + " can't be opened: " + std::strerror(errno),
                 {}};
  }
  const std::string base = '/' + listing.name;
  std::map<std::string, Resource> added;
  added.emplace(base + ".torrent", std::make_shared<const Metainfo>(publication.metainfo));
  for (const ListedFile& file : listing.files) {
    added.emplace(listing.single_file ? base : base + '/' + file.path, File{folder, file.location});
  }
  for (const ReleaseFile& file : publication.release->files()) {
    if (file.pad) {
      added.emplace(base + "/.pad/" + std::to_string(file.length), Zeros{file.length});
    }
  }
  for (auto& [path, resource] : added) {
    if (!resources_.emplace(path, std::move(resource)).second) {
      return Error{ErrorCode::settings,
                   "two releases would be served as " + triad::quoted(path) + "; rename one",
                   {}};
    }
  }
  return ok();
}

std::optional<ServedBody> ServedFiles::open(const std::string& path) const {
  const auto found = resources_.find(path);
  if (found == resources_.end()) {
    return std::nullopt;
  }
  ServedBody body;
  body.type = content_type(path);
  if (const auto* metainfo = std::get_if<std::shared_ptr<const Metainfo>>(&found->second)) {
    body.size = (*metainfo)->size();
    body.etag = '"' + hex(sha1(**metainfo)) + '"';
    body.content = *metainfo;
  } else if (const auto* zeros = std::get_if<Zeros>(&found->second)) {
    body.size = zeros->size;
    body.etag = "\"zeros-" + std::to_string(zeros->size) + '"';
    body.content = std::monostate{};
  } else {
    const auto& file = std::get<File>(found->second);
    FileHandle handle = open_beneath(file.folder->get(), file.location);
    struct stat info {};
    if (!handle || fstat(handle.get(), &info) != 0) {
      return std::nullopt;
    }
    body.size = static_cast<std::uint64_t>(info.st_size);
    body.etag = etag_of(info);
    body.modified = info.st_mtim.tv_sec;
    body.content = std::move(handle);
  }
  return body;
}

} // namespace triad::tool
