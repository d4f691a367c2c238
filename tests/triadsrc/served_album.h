// SPDX-License-Identifier: LGPL-2.1-or-later
// An album of every format on a misbehaving server, and an empty cache for this process.
#pragma once

#include "kit/http_server.h"
#include "kit/media.h"
#include "kit/temporary_folder.h"

#include <filesystem>
#include <string>

namespace triad::test {

using kit::TemporaryFolder;

// Points this process's cache at a folder of its own (TRIAD_CACHE_DIR) while it lives.
class OwnCache {
public:
  OwnCache();
  ~OwnCache();
  OwnCache(const OwnCache&) = delete;
  OwnCache& operator=(const OwnCache&) = delete;

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

private:
  TemporaryFolder folder_;
};

// "Album.torrent" (hybrid) and "Album/NN format.ext" at the server's root and in folder().
class ServedAlbum {
public:
  explicit ServedAlbum(int seconds);

  [[nodiscard]] std::string triad_uri(Format format) const; // triad+http://...
  [[nodiscard]] std::string local_uri(Format format) const; // triad+file://...
  [[nodiscard]] std::string http_uri(Format format) const;
  [[nodiscard]] std::string file_uri(Format format) const;
  [[nodiscard]] std::filesystem::path file(Format format) const;
  [[nodiscard]] std::string server_path(Format format) const; // "/Album/..."
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

  HttpServer server;

private:
  [[nodiscard]] std::string name(Format format) const;

  TemporaryFolder folder_;
  std::vector<std::string> names_;
};

} // namespace triad::test
