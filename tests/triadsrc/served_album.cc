// SPDX-License-Identifier: LGPL-2.1-or-later
// Publishes an album from within a test.
#include "served_album.h"

#include "kit/releases.h"
#include "release/uri.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace triad::test {

OwnCache::OwnCache() {
  setenv("TRIAD_CACHE_DIR", folder().c_str(), 1);
}

OwnCache::~OwnCache() {
  unsetenv("TRIAD_CACHE_DIR");
}

ServedAlbum::ServedAlbum(int seconds) : names_(make_album(folder() / "Album", seconds)) {
  kit::ReleaseSpec spec;
  spec.piece_length = 64 * 1024;
  for (const std::string& track : names_) {
    spec.files[track] = read_file(folder() / "Album" / track);
    spec.durations[track] = std::chrono::seconds(seconds);
  }
  const kit::Content metainfo = kit::make_metainfo(spec);
  std::ofstream(folder() / "Album.torrent", std::ios::binary)
      .write(reinterpret_cast<const char*>(metainfo.data()),
             static_cast<std::streamsize>(metainfo.size()));
  server.put_folder("", folder());
}

std::string ServedAlbum::name(Format format) const {
  return names_[static_cast<std::size_t>(std::ranges::find(all_formats, format) -
                                         all_formats.begin())];
}

std::string ServedAlbum::triad_uri(Format format) const {
  return "triad+" + server.url("/Album.torrent/" + encode_path(name(format)));
}

std::string ServedAlbum::local_uri(Format format) const {
  return "triad+file://" + encode_path((folder() / "Album.torrent").string()) + "/" +
         encode_path(name(format));
}

std::string ServedAlbum::http_uri(Format format) const {
  return server.url("/Album/" + encode_path(name(format)));
}

std::string ServedAlbum::file_uri(Format format) const {
  return "file://" + encode_path(file(format).string());
}

std::filesystem::path ServedAlbum::file(Format format) const {
  return folder() / "Album" / name(format);
}

std::string ServedAlbum::server_path(Format format) const {
  return "/Album/" + name(format);
}

} // namespace triad::test
