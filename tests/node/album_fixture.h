// SPDX-License-Identifier: LGPL-2.1-or-later
// A published release on a test server, an empty cache folder, and readers on it.
#pragma once

#include "kit/http_server.h"
#include "kit/releases.h"
#include "kit/temporary_folder.h"
#include "node/reader.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace triad::test {

// Remembers what it was told; its running time is the test's.
class Listener : public ReaderListener {
public:
  std::optional<std::chrono::nanoseconds> running_time() override;
  void on_facts() override;
  void on_progress(Progress kind, const char* code, const std::string& text) override;
  void on_warning(const Error& warning) override;

  void play(); // running time advances by half a second each time that it is asked for
  [[nodiscard]] std::vector<std::string> progress() const;
  [[nodiscard]] std::vector<std::string> warnings() const;
  [[nodiscard]] unsigned facts() const;

private:
  mutable std::mutex mutex_;
  std::optional<std::chrono::nanoseconds> running_time_;
  std::vector<std::string> progress_, warnings_;
  unsigned facts_ = 0;
};

struct AlbumFixture {
  // Puts metainfo and files on the server: /NAME.torrent and /NAME/path, or /NAME for a single
  // file.
  void publish(kit::ReleaseSpec spec);
  // A single file `name` of noise.
  void publish_file(const std::string& name, std::size_t size,
                    kit::Format format = kit::Format::hybrid);
  // Tracks "1.mp3", "2.mp3", ... of noise in a folder "Album".
  void publish_album(unsigned tracks, std::size_t size, kit::Format format = kit::Format::hybrid);

  [[nodiscard]] std::string uri(const std::string& track = "") const;
  [[nodiscard]] std::string track_path(const std::string& track) const; // on the server
  [[nodiscard]] OpenOptions options(const std::string& track = "") const;
  [[nodiscard]] std::shared_ptr<Reader> open(const std::string& track = "");
  [[nodiscard]] std::shared_ptr<Reader> open(OpenOptions options);
  [[nodiscard]] const kit::Content& content(const std::string& track) const;

  // Bytes of bodies that the server sent for paths of tracks.
  [[nodiscard]] std::uint64_t sent_for(const std::string& track) const;
  // How often the server sent some byte of the track more than once, by its log.
  [[nodiscard]] std::uint64_t sent_twice(const std::string& track) const;

  HttpServer server;
  const kit::TemporaryFolder cache_folder;
  const std::filesystem::path cache_dir = cache_folder.path();
  kit::ReleaseSpec spec;
  std::shared_ptr<Listener> listener = std::make_shared<Listener>();
};

// Reads from `offset` to `end` or the end of the file; throws on an error.
[[nodiscard]] kit::Content read_all(Reader& reader, std::uint64_t offset = 0,
                                    std::optional<std::uint64_t> end = std::nullopt);
// The error that reading ends with; throws if there is none.
[[nodiscard]] Error read_error(Reader& reader);

} // namespace triad::test
