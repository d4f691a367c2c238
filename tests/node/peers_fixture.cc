// SPDX-License-Identifier: LGPL-2.1-or-later
// Releases for peers.
#include "node/peers_fixture.h"

#include "release/uri.h"

#include <fstream>

namespace triad::test {

kit::ReleaseSpec PeersFixture::album(unsigned tracks, std::size_t size, kit::Format format) {
  kit::ReleaseSpec album;
  album.format = format;
  album.piece_length = 64 * 1024;
  album.trackers = {{tracker}};
  for (unsigned track = 1; track <= tracks; ++track)
    album.files[std::to_string(track) + ".mp3"] = kit::random_content(track, size);
  return album;
}

void PeersFixture::publish_to_peers(kit::ReleaseSpec what) {
  spec = std::move(what);
  const auto metainfo = kit::make_metainfo(spec);
  std::ofstream file(metainfo_folder.path() / (spec.name + ".torrent"), std::ios::binary);
  file.write(reinterpret_cast<const char*>(metainfo.data()),
             static_cast<std::streamsize>(metainfo.size()));
  world.set_content(spec.files);
}

void PeersFixture::publish_to_peers(unsigned tracks, std::size_t size, kit::Format format) {
  publish_to_peers(album(tracks, size, format));
}

void PeersFixture::publish_everywhere(unsigned tracks, std::size_t size) {
  publish(album(tracks, size, kit::Format::hybrid));
  world.set_content(spec.files);
}

std::string PeersFixture::file_uri(const std::string& track) const {
  return "triad+file://" + (metainfo_folder.path() / (spec.name + ".torrent")).string() + "/" +
         encode_path(track);
}

OpenOptions PeersFixture::peers_only(const std::string& track) const {
  OpenOptions options = AlbumFixture::options(track);
  options.uri = file_uri(track);
  options.sources = static_cast<Sources>(static_cast<unsigned>(Sources::cache) |
                                         static_cast<unsigned>(Sources::peers));
  return options;
}

} // namespace triad::test
