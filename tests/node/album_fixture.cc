// SPDX-License-Identifier: LGPL-2.1-or-later
// Publishes, opens, reads.
#include "node/album_fixture.h"

#include "node/range_set.h"
#include "release/uri.h"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace triad::test {

std::optional<std::chrono::nanoseconds> Listener::running_time() {
  const std::lock_guard lock(mutex_);
  if (running_time_)
    *running_time_ += std::chrono::milliseconds(500);
  return running_time_;
}
void Listener::on_facts() {
  const std::lock_guard lock(mutex_);
  ++facts_;
}
void Listener::on_progress(Progress kind, const char* code, const std::string& text) {
  const std::lock_guard lock(mutex_);
  const char* const kinds[] = {"start ", "proceed ", "complete ", "cancelled ", "error "};
  progress_.push_back(kinds[static_cast<int>(kind)] + std::string(code) + ": " + text);
}
void Listener::on_warning(const Error& warning) {
  const std::lock_guard lock(mutex_);
  warnings_.push_back(warning.message);
}
void Listener::play() {
  const std::lock_guard lock(mutex_);
  running_time_ = std::chrono::nanoseconds(0);
}
std::vector<std::string> Listener::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}
std::vector<std::string> Listener::warnings() const {
  const std::lock_guard lock(mutex_);
  return warnings_;
}
unsigned Listener::facts() const {
  const std::lock_guard lock(mutex_);
  return facts_;
}

void AlbumFixture::publish(kit::ReleaseSpec what) {
  spec = std::move(what);
  server.put("/" + spec.name + ".torrent", kit::to_text(kit::make_metainfo(spec)));
  for (const auto& [path, bytes] : spec.files)
    server.put(track_path(path), kit::to_text(bytes));
}

void AlbumFixture::publish_file(const std::string& name, std::size_t size, kit::Format format) {
  kit::ReleaseSpec file;
  file.name = name;
  file.single_file = true;
  file.format = format;
  file.files[name] = kit::random_content(size, size);
  publish(std::move(file));
}

void AlbumFixture::publish_album(unsigned tracks, std::size_t size, kit::Format format) {
  kit::ReleaseSpec album;
  album.format = format;
  for (unsigned track = 1; track <= tracks; ++track)
    album.files[std::to_string(track) + ".mp3"] = kit::random_content(track, size);
  publish(std::move(album));
}

std::string AlbumFixture::track_path(const std::string& track) const {
  return spec.single_file ? "/" + track : "/" + spec.name + "/" + track;
}

std::string AlbumFixture::uri(const std::string& track) const {
  const std::string url = server.url("/" + spec.name + ".torrent");
  return "triad+" + url + (track.empty() ? "" : "/" + encode_path(track));
}

OpenOptions AlbumFixture::options(const std::string& track) const {
  OpenOptions options;
  options.uri = uri(track);
  options.cache_dir = cache_dir;
  options.sources = Sources::all;
  return options;
}

std::shared_ptr<Reader> AlbumFixture::open(const std::string& track) {
  return open(options(track));
}

std::shared_ptr<Reader> AlbumFixture::open(OpenOptions options) {
  return Reader::open(std::move(options), listener);
}

const kit::Content& AlbumFixture::content(const std::string& track) const {
  return spec.files.at(track.empty() ? spec.name : track);
}

std::uint64_t AlbumFixture::sent_for(const std::string& track) const {
  std::uint64_t bytes = 0;
  for (const LoggedRequest& request : server.log())
    if (request.path == track_path(track) && (request.status == 200 || request.status == 206))
      bytes += request.body_bytes;
  return bytes;
}

std::uint64_t AlbumFixture::sent_twice(const std::string& track) const {
  RangeSet sent;
  std::uint64_t twice = 0;
  const std::uint64_t length = content(track).size();
  for (const LoggedRequest& request : server.log()) {
    if (request.path != track_path(track) || (request.status != 200 && request.status != 206))
      continue;
    std::uint64_t begin = 0;
    unsigned long long number = 0;
    if (std::sscanf(request.range.c_str(), "bytes=-%llu", &number) == 1)
      begin = length - std::min<std::uint64_t>(number, length);
    else if (std::sscanf(request.range.c_str(), "bytes=%llu", &number) == 1)
      begin = number;
    const ByteRange range{begin, begin + request.body_bytes};
    twice += sent.overlap(range);
    sent.add(range);
  }
  return twice;
}

kit::Content read_all(Reader& reader, std::uint64_t offset, std::optional<std::uint64_t> end) {
  kit::Content all;
  std::vector<std::byte> buffer(64 * 1024);
  for (;;) {
    std::size_t most = buffer.size();
    if (end)
      most = std::min<std::uint64_t>(most, *end - offset);
    if (most == 0)
      return all;
    const auto result = reader.read(offset, std::span(buffer).first(most));
    if (result.outcome == Reader::Outcome::end)
      return all;
    if (result.outcome == Reader::Outcome::error)
      throw std::runtime_error(reader.error()->message + " | " + reader.error()->detail);
    if (result.outcome == Reader::Outcome::cancelled)
      throw std::runtime_error("cancelled");
    all.insert(all.end(), buffer.begin(), buffer.begin() + static_cast<long>(result.size));
    offset += result.size;
  }
}

Error read_error(Reader& reader) {
  std::vector<std::byte> buffer(64 * 1024);
  for (std::uint64_t offset = 0;;) {
    const auto result = reader.read(offset, buffer);
    if (result.outcome == Reader::Outcome::error)
      return *reader.error();
    if (result.outcome != Reader::Outcome::bytes)
      throw std::runtime_error("no error");
    offset += result.size;
  }
}

} // namespace triad::test
