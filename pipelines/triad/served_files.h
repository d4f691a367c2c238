// SPDX-License-Identifier: LGPL-2.1-or-later
// What an embedded server may give out: releases' metainfo, their files and their pads. No more.
#pragma once

#include "listing.h"
#include "publication.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace triad::tool {

// One resource, opened.
struct ServedBody {
  std::variant<FileHandle, std::shared_ptr<const Metainfo>, std::monostate> content; // or zeros
  std::uint64_t size = 0;                                                            // bytes
  std::string etag;          // strong, with its quotes
  std::int64_t modified = 0; // seconds since 1970; 0: says nothing
  const char* type = "";
};

// Immutable after the last add(); then any thread.
class ServedFiles {
public:
  // /NAME.torrent, /NAME/path and /NAME/.pad/N; /NAME for a single file. Errors: io, settings (two
  // releases of one name).
  Status add(const Publication& publication);

  // `path`: of the URL, percent-decoded, with its first slash. Empty: there is no such thing, or it
  // can't be opened (any more).
  [[nodiscard]] std::optional<ServedBody> open(const std::string& path) const;

private:
  struct File {
    std::shared_ptr<const FileHandle> folder;
    std::string location;
  };
  struct Zeros {
    std::uint64_t size;
  };
  using Resource = std::variant<File, std::shared_ptr<const Metainfo>, Zeros>;

  std::map<std::string, Resource> resources_; // by path
};

// By extension (RFC 9110, section 8.3).
[[nodiscard]] const char* content_type(std::string_view path);

} // namespace triad::tool
