// SPDX-License-Identifier: LGPL-2.1-or-later
// A release that names a tracker, peers that have it, and readers on it, with a server or without.
#pragma once

#include "node/album_fixture.h"
#include "node/fake_company.h"

namespace triad::test {

struct PeersFixture : AlbumFixture {
  static constexpr const char* tracker = "ws://127.0.0.1:9/";

  // The metainfo as a file alone in a folder, so that nobody but peers has the bytes; the peers
  // have the content.
  void publish_to_peers(kit::ReleaseSpec spec);
  // Tracks "1.mp3", ... of noise, with pieces of four blocks.
  void publish_to_peers(unsigned tracks, std::size_t size,
                        kit::Format format = kit::Format::hybrid);
  // On the server, too.
  void publish_everywhere(unsigned tracks, std::size_t size);

  [[nodiscard]] std::string file_uri(const std::string& track) const;
  // Of the file, without the server.
  [[nodiscard]] OpenOptions peers_only(const std::string& track) const;
  [[nodiscard]] static kit::ReleaseSpec album(unsigned tracks, std::size_t size,
                                              kit::Format format);

  FakeWorld world;
  const kit::TemporaryFolder metainfo_folder;
};

} // namespace triad::test
